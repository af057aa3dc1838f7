import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';

/** A dictionary of JSON. */
export type JsonRecord = { readonly [key: string]: Json };

/** Whether it is one. */
export function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A task's configuration, a request of boto3. @throws SluiceError `InvalidArgument` where it has none */
export function configOf(
  { name, custom }: Pick<FlyteTask, 'name' | 'custom'>,
  operation: string,
): JsonRecord {
  if (isRecord(custom['config'])) return custom['config'];
  throw new SluiceError('InvalidArgument', `The task ${name} has no config, the request to AWS.`, {
    hint: `custom.config has to be the dictionary that boto3 takes for ${operation}.`,
  });
}
