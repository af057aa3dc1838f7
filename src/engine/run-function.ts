import { SluiceError } from '../core/errors.ts';
import { type FunctionTask, type Json, valueProblem } from '../graph/index.ts';

/** How long the outputs of a function may be together, bytes of JSON: they are written in one piece. */
export const MAX_OUTPUTS_BYTES = 16 * 1024 * 1024;

/** The function of a function task. */
export type TaskFunction = (inputs: never, context: never) => unknown;

/** What a function is told beside its inputs. */
export interface FunctionContext {
  readonly runId: string;
  readonly node: string;
  /** From 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/**
 * Calls a function and checks what it returns.
 *
 * @throws SluiceError `OutputInvalid`; whatever the function throws
 */
export async function runFunction(
  task: FunctionTask,
  run: TaskFunction,
  inputs: Readonly<Record<string, Json>>,
  context: FunctionContext,
): Promise<Record<string, Json>> {
  const result = await run(inputs as never, context as never);
  return readOutputs(task, result);
}

function readOutputs(task: FunctionTask, result: unknown): Record<string, Json> {
  const declared = task.interface.outputs;
  const given = (result ?? {}) as Record<string, unknown>;
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid(task, `it returned ${typeof result}; expected an object with the outputs ${names(task)}.`);
  }
  for (const name in given) {
    if (!Object.hasOwn(declared, name))
      throw invalid(task, `it returned '${name}', which is not declared; ${names(task)}.`);
  }
  const outputs: Record<string, Json> = {};
  for (const name in declared) {
    const type = declared[name]?.type ?? 'json';
    if (given[name] === undefined)
      throw invalid(task, `it returned no output '${name}'; expected ${names(task)}.`);
    const problem = valueProblem(type, given[name]);
    if (problem) throw invalid(task, `its output '${name}': ${problem}.`);
    outputs[name] = given[name] as Json;
  }
  if (!isShort(Object.values(outputs))) throw outputsTooLong(task);
  return outputs;
}

/** Most outputs are short, and many: what is long is counted alone. */
function isShort(values: readonly Json[]): boolean {
  let bytes = 0;
  for (const value of values) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (typeof value === 'object' && value !== null) bytes += bytesOf(value);
  }
  return bytes <= MAX_OUTPUTS_BYTES;
}

function bytesOf(value: Json): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    // Longer than a text can be.
    return Infinity;
  }
}

/** The error for outputs of more than {@link MAX_OUTPUTS_BYTES}. */
export function outputsTooLong({ name }: Pick<FunctionTask, 'name'>): SluiceError {
  const most = MAX_OUTPUTS_BYTES / 1024 / 1024;
  return new SluiceError(
    'OutputInvalid',
    `Task '${name}': its outputs are longer than ${most} MiB of JSON.`,
    {
      hint: 'Write what is large into a file or an object, and return its URI.',
    },
  );
}

function names(task: FunctionTask): string {
  const all = Object.keys(task.interface.outputs);
  return all.length === 0 ? 'no outputs are declared' : all.map((name) => `'${name}'`).join(', ');
}

function invalid(task: FunctionTask, problem: string): SluiceError {
  const place = task.file === undefined ? '' : ` (${task.file})`;
  return new SluiceError('OutputInvalid', `Task '${task.name}'${place}: ${problem}`, {
    hint: 'Declare what it returns in `outputs`, or return what is declared.',
  });
}
