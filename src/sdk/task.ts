import { callSite, formatCallSite } from './call-site.ts';
import { defineTask } from './define-task.ts';
import { expectOptions } from './expect-options.ts';
import { taskPlace } from './job-options.ts';
import type { InputsOf, ReferencesOf, ValuesOf } from './references.ts';
import type { TaskCall } from './task-call.ts';
import type { AnyVariable } from './variables.ts';
import { variablesAt } from './variables-at.ts';

type Variables = Readonly<Record<string, AnyVariable>>;

/** What a function step says of itself. */
export interface TaskOptions<Inputs extends Variables, Outputs extends Variables> {
  readonly inputs?: Inputs;
  readonly outputs?: Outputs;
  /** Further attempts after it has thrown. @default 0 */
  readonly retries?: number;
  /** Of one attempt, seconds; none by default. */
  readonly timeoutSeconds?: number;
}

/** What a function step is told beside its inputs. */
export interface TaskContext {
  readonly runId: string;
  readonly node: string;
  /** From 1. */
  readonly attempt: number;
  /** Aborted when the run is cancelled or the attempt has timed out: end soon then. */
  readonly signal: AbortSignal;
}

type Returned<Outputs extends Variables> =
  Record<never, never> extends ValuesOf<Outputs>
    ? ValuesOf<Outputs> | void | Promise<ValuesOf<Outputs> | void>
    : ValuesOf<Outputs> | Promise<ValuesOf<Outputs>>;

/** A step that is a plain function; it runs in the engine's own process. Its outputs must be JSON of the declared types. */
export function task<
  const Inputs extends Variables = Record<never, never>,
  const Outputs extends Variables = Record<never, never>,
>(
  name: string,
  options: TaskOptions<Inputs, Outputs>,
  run: (inputs: ValuesOf<Inputs>, context: TaskContext) => Returned<Outputs>,
): TaskCall<InputsOf<Inputs>, ReferencesOf<Outputs>> {
  const site = callSite();
  expectOptions(taskPlace(name, site), options, ['inputs', 'outputs', 'retries', 'timeoutSeconds']);
  const { inputs, outputs, retries, timeoutSeconds } = options;
  return defineTask(
    {
      type: 'function',
      name,
      file: formatCallSite(site),
      interface: {
        inputs: variablesAt(inputs ?? {}, site.directory),
        outputs: variablesAt(outputs ?? {}, site.directory),
      },
      ...(retries !== undefined && { retries }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    },
    site.directory,
    run,
  );
}
