import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import type { Home } from '../../../home/index.ts';
import { parseS3Uri, readSmall } from '../../../objects/index.ts';
import { loadProtos, messageCodec } from '../../protos/index.ts';
import type { LiteralMap } from '../messages.ts';
import type { TaskState } from '../task-type.ts';

/** Of `outputs.pb`: larger values are files. */
const LARGEST_OUTPUTS = 16 * 1024 * 1024;

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

/** Puts the inputs of a function where its job reads them. */
export async function putFunctionInputs({ stores }: Home, store: string, inputs: LiteralMap): Promise<void> {
  const { bucket, key } = parseS3Uri(`${store}/in/inputs.pb`);
  const objects = stores.store(bucket);
  if (!(await objects.bucketExists(bucket))) await objects.createBucket(bucket);
  await objects.put(bucket, key, codecOf<LiteralMap>('LiteralMap').encode(inputs));
}

/** What a function has left: its outputs, or its error, with which flytekit ends well. */
export async function readFunctionEnd(home: Home, prefix: Json | undefined): Promise<TaskState> {
  const place = String(prefix ?? '').replace(/\/+$/, '');
  const failure = await readObject(home, `${place}/error.pb`);
  if (failure) return failureOf(codecOf<ErrorDocument>('ErrorDocument').decode(failure));
  const outputs = await readObject(home, `${place}/outputs.pb`);
  if (outputs) return { phase: 'SUCCEEDED', literals: codecOf<LiteralMap>('LiteralMap').decode(outputs) };
  const made = await readObject(home, `${place}/futures.pb`);
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

async function readObject({ stores }: Home, uri: string): Promise<Buffer | undefined> {
  const bytes = await readSmall(stores.store(parseS3Uri(uri).bucket), uri, LARGEST_OUTPUTS);
  if (bytes === undefined || bytes.length <= LARGEST_OUTPUTS) return bytes;
  throw new SluiceError('OutputInvalid', `${uri} is too large: at most ${LARGEST_OUTPUTS} bytes are read.`, {
    hint: 'Return large values as files.',
  });
}
