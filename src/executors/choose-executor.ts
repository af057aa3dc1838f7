import { SluiceError } from '../core/errors.ts';
import type { Executor } from './executor.ts';
import { createProcessExecutor } from './process/process-executor.ts';
import { createSandboxExecutor } from './sandbox/sandbox-executor.ts';

/** The executors that can be asked for. `auto` is the sandbox where it works, else plain processes. */
export type ExecutorName = 'auto' | 'sandbox' | 'process';

/** An executor that works here. */
export interface ChosenExecutor {
  readonly executor: Executor;
  /** One line on what differs, where `auto` had to fall back. */
  readonly note?: string;
}

/**
 * Finds the executor of this name.
 *
 * @throws SluiceError `ExecutorUnavailable` when it was asked for by name and does not work here;
 *   `InvalidArgument` for an unknown name.
 */
export async function chooseExecutor(name: ExecutorName = 'auto'): Promise<ChosenExecutor> {
  if (name === 'process') return { executor: createProcessExecutor() };
  if (name !== 'auto' && name !== 'sandbox') {
    throw new SluiceError(
      'InvalidArgument',
      `executor: expected auto, sandbox or process, got '${String(name)}'.`,
    );
  }
  const executor = createSandboxExecutor();
  const probe = await executor.probe();
  if (probe.available) return { executor };
  if (name === 'sandbox') {
    throw new SluiceError('ExecutorUnavailable', probe.reason, { hint: probe.hint });
  }
  return {
    executor: createProcessExecutor(),
    note: `Jobs run as plain processes, not in a sandbox: paths under /opt/ml are translated, and your files and network names stay visible to them. ${probe.reason} ${probe.hint}`,
  };
}
