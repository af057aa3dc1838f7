import type { Json } from '../../graph/index.ts';
import { type StagingOptions, stageInput } from '../aws/staging.ts';
import type { TaskInvocation } from '../platform.ts';

/** The inputs of a call as pods find them, and what has to be brought for that. @throws SluiceError as {@link stageInput} */
export async function stageInputs(
  { task, inputs: given }: Pick<TaskInvocation, 'task' | 'inputs'>,
  options: StagingOptions,
): Promise<{
  readonly inputs: Record<string, Json>;
  readonly bring: ((signal?: AbortSignal) => Promise<unknown>)[];
}> {
  const bring: ((signal?: AbortSignal) => Promise<unknown>)[] = [];
  const inputs: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    const isPlace = typeof value === 'string' && /^(?:s3|file):\/\//.test(value);
    const what = `Input '${name}' of task '${task.name}'`;
    const data = isPlace ? await stageInput(value, what, options) : undefined;
    if (data) bring.push((signal) => data.bring(signal));
    inputs[name] = data?.uri ?? value;
  }
  return { inputs, bring };
}
