import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { Home } from '../../../home/index.ts';
import { parseS3Uri, readSmall } from '../../../objects/index.ts';
import { loadProtos, messageCodec } from '../../protos/index.ts';
import type { LiteralMap } from '../messages.ts';
import type { TaskState } from '../task-type.ts';

/** Of `outputs.pb`: larger values are files. */
export const LARGEST_OUTPUTS = 16 * 1024 * 1024;

/** flyteidl.core.ErrorDocument */
interface ErrorDocument {
  readonly error?: {
    readonly code?: string;
    readonly message?: string;
    readonly kind?: 'NON_RECOVERABLE' | 'RECOVERABLE';
  };
}

function codecOf<Message>(type: string) {
  return messageCodec<Message>(
    loadProtos(['flyteidl/core/literals.proto', 'flyteidl/core/errors.proto']),
    `flyteidl.core.${type}`,
  );
}

/** Where the inputs of a function lie, and what they are. @param store without trailing slash */
export function functionInputs(
  store: string,
  inputs: LiteralMap,
): { readonly uri: string; readonly bytes: Buffer } {
  return { uri: `${store}/in/inputs.pb`, bytes: codecOf<LiteralMap>('LiteralMap').encode(inputs) };
}

/** Puts the inputs of a function where its job reads them. */
export async function putFunctionInputs({ stores }: Home, store: string, inputs: LiteralMap): Promise<void> {
  const { uri, bytes } = functionInputs(store, inputs);
  const { bucket, key } = parseS3Uri(uri);
  const objects = stores.store(bucket);
  if (!(await objects.bucketExists(bucket))) await objects.createBucket(bucket);
  await objects.put(bucket, key, bytes);
}

/** Reads an object, up to {@link LARGEST_OUTPUTS} and a little more of it. Undefined: there is none. */
export type ReadObject = (uri: string) => Promise<Buffer | undefined>;

/** What a function has left in the home's stores: its outputs, or its error, with which flytekit ends well. */
export function readFunctionEnd({ stores }: Home, prefix: Json | undefined): Promise<TaskState> {
  const read: ReadObject = (uri) => readSmall(stores.store(parseS3Uri(uri).bucket), uri, LARGEST_OUTPUTS);
  return functionEnd(read, String(prefix ?? '').replace(/\/+$/, ''));
}

/** The error that a function has left, as the state of its task. @param place without trailing slash */
export async function functionError(read: ReadObject, place: string): Promise<TaskState | undefined> {
  const failure = await readObject(read, `${place}/error.pb`);
  return failure && failureOf(codecOf<ErrorDocument>('ErrorDocument').decode(failure));
}

/** What a function has left. @param place without trailing slash */
export async function functionEnd(read: ReadObject, place: string): Promise<TaskState> {
  const failure = await functionError(read, place);
  if (failure) return failure;
  const outputs = await readObject(read, `${place}/outputs.pb`);
  if (outputs) return { phase: 'SUCCEEDED', literals: codecOf<LiteralMap>('LiteralMap').decode(outputs) };
  const made = await readObject(read, `${place}/futures.pb`);
  return {
    phase: 'FAILED',
    message: made
      ? 'OutputInvalid: The function is a dynamic workflow, whose nodes a job cannot hand to Flyte. Make it a workflow.'
      : `OutputMissing: The function has left no outputs at ${place}. Does its image have flytekit?`,
  };
}

function failureOf({ error = {} }: ErrorDocument): TaskState {
  const { code = 'TaskFailed', message = 'The function has failed.', kind } = error;
  return { phase: kind === 'RECOVERABLE' ? 'RETRYABLE_FAILED' : 'FAILED', message: `${code}: ${message}` };
}

async function readObject(read: ReadObject, uri: string): Promise<Buffer | undefined> {
  const bytes = await read(uri);
  if (bytes === undefined || bytes.length <= LARGEST_OUTPUTS) return bytes;
  throw new SluiceError('OutputInvalid', `${uri} is too large: at most ${LARGEST_OUTPUTS} bytes are read.`, {
    hint: 'Return large values as files.',
  });
}
