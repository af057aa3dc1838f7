import { SluiceError } from '../../core/errors.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import {
  type ExecutionId,
  type ExecutionState,
  executionOutputs,
  type FlyteAdmin,
  watchExecution,
} from '../../flyte/registration/index.ts';
import type { Json } from '../../graph/index.ts';
import type { CliContext } from '../context.ts';
import { printJson } from '../output.ts';

/** Between two looks at an execution, milliseconds. */
const EVERY_MS = 2000;

/** How an execution is shown. */
export interface FollowExecutionOptions {
  readonly context: CliContext;
  /** Of its page in the console. */
  readonly url: string;
}

/**
 * Shows the nodes of an execution until it has ended; Ctrl-C leaves it alone.
 *
 * @throws SluiceError `JobFailed`, `RunStopped` where it does not succeed; as FlyteAdmin
 */
export async function followExecution(
  admin: FlyteAdmin,
  id: ExecutionId,
  { context, url }: FollowExecutionOptions,
): Promise<void> {
  const left = new AbortController();
  const interrupts = catchInterrupts({ onStop: () => left.abort(), onKill: () => undefined });
  const show = (line: string): void => {
    if (!context.json) process.stdout.write(`${new Date().toLocaleTimeString('en-GB')}  ${line}\n`);
  };
  try {
    show(url);
    const state = await watchExecution(admin, id, {
      everyMs: EVERY_MS,
      signal: left.signal,
      onPhase: ({ phase }) => show(`${id.name}  ${phase}`),
      onNode: (node) => {
        if (context.json) printJson({ type: 'node', ...node });
        else show(`  ${node.id}  ${node.phase}${node.error ? `  ${node.error.message ?? ''}` : ''}`);
      },
    });
    await end(admin, id, state, { context, url });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    process.stderr.write(`It goes on: sluice flyte watch ${id.project}/${id.domain}/${id.name}\n`);
    process.exitCode = interrupts.exitCode() ?? 1;
  } finally {
    interrupts.close();
  }
}

async function end(
  admin: FlyteAdmin,
  id: ExecutionId,
  state: ExecutionState,
  { context, url }: FollowExecutionOptions,
): Promise<void> {
  if (state.phase !== 'SUCCEEDED') throw failure(id, state);
  const outputs = await executionOutputs(admin, id);
  if (context.json) printJson({ type: 'result', ...id, phase: state.phase, outputs, url });
  else
    for (const [name, value] of Object.entries(outputs)) process.stdout.write(`${name} = ${textOf(value)}\n`);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function failure({ name }: ExecutionId, { phase, error, abort }: ExecutionState): SluiceError {
  if (phase === 'ABORTED')
    return new SluiceError(
      'RunStopped',
      `Execution ${name} was aborted${abort?.principal ? ` by ${abort.principal}` : ''}: ${abort?.cause ?? ''}`,
    );
  const { code = phase, message = '' } = error ?? {};
  return new SluiceError('RunFailed', `Execution ${name} has failed (${code}): ${message}`, {
    hint: `Look at its attempts: sluice flyte logs ${name}`,
  });
}
