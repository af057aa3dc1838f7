import { SluiceError } from '../core/errors.ts';
import { type FunctionTask, type Json, valueProblem } from '../graph/index.ts';

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
  return outputs;
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
