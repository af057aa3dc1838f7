import { SluiceError } from '../core/errors.ts';
import { createContainerExecutor } from './container/container-executor.ts';
import type { Executor } from './executor.ts';
import { createProcessExecutor } from './process/process-executor.ts';
import { createSandboxExecutor } from './sandbox/sandbox-executor.ts';

/**
 * The executors that can be asked for. `auto` is the sandbox where it works, else plain processes, and containers for
 * the images that the configuration names one for.
 */
export type ExecutorName = 'auto' | 'sandbox' | 'process' | 'container';

/** An executor that works here. */
export interface ChosenExecutor {
  readonly executor: Executor;
  /** What runs images that the configuration names a container for; absent where another executor was asked for. */
  readonly containers?: Executor;
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
  if (name === 'container') {
    const containers = await requireWorking(createContainerExecutor());
    return { executor: containers, containers };
  }
  if (name === 'sandbox') return { executor: await requireWorking(createSandboxExecutor()) };
  if (name === 'auto') return chooseAutomatically();
  throw new SluiceError(
    'InvalidArgument',
    `executor: expected auto, sandbox, process or container, got '${String(name)}'.`,
  );
}

/** @throws SluiceError `ExecutorUnavailable` */
async function requireWorking(executor: Executor): Promise<Executor> {
  const probe = await executor.probe();
  if (probe.available) return executor;
  throw new SluiceError('ExecutorUnavailable', probe.reason, { hint: probe.hint });
}

async function chooseAutomatically(): Promise<ChosenExecutor> {
  const executor = createSandboxExecutor();
  // Whether there is an engine is found out by the first job that needs one.
  const containers = createContainerExecutor();
  const probe = await executor.probe();
  if (probe.available) return { executor, containers };
  return {
    executor: createProcessExecutor(),
    containers,
    note: `Jobs run as plain processes, not in a sandbox: paths under /opt/ml are translated, and your files and network names stay visible to them. ${probe.reason} ${probe.hint}`,
  };
}
