import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { listObjects, objectUri, readObject, type SourceObject } from '../../channels/index.ts';
import { TRANSFORM_ALGORITHM_ERROR, TRANSFORM_CLIENT_ERROR } from '../../contract/failure-reason.ts';
import { planTransform } from '../../contract/transform-payloads.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { Limiter } from '../../core/limiter.ts';
import { duringStage, failureReasonOf } from '../failure.ts';
import type { HostLife } from '../host-life.ts';
import { InvocationError, type InvocationSettings } from '../serving/invoke.ts';
import type { ModelServer } from '../serving/model-server.ts';
import { type TransformSettings, transformSettings } from './settings.ts';
import { type TransformObjectOptions, transformObject } from './transform-object.ts';

const DEFAULT_INVOCATION_TIMEOUT_SECONDS = 600;
const DEFAULT_INVOCATION_RETRIES = 3;

/** What was made of one object. */
export interface TransformedObject {
  /** Its place below the input's prefix. */
  readonly name: string;
  /** Undefined for a file of this machine. */
  readonly key?: string | undefined;
  /** Absolute path of its answers. */
  readonly path: string;
}

/** What was made of all objects. */
export interface TransformResult {
  readonly transformed: readonly TransformedObject[];
  /** The FailureReason when an object could not be transformed. */
  readonly failureReason: string | undefined;
}

/** What one server transforms. */
export interface TransformObjectsOptions {
  readonly life: HostLife<CreateTransformJobRequest>;
  readonly server: ModelServer;
  /** How many servers share the objects. */
  readonly count: number;
  /** Absolute; made where it does not exist. */
  readonly directory: string;
  /** Ends the work: a server is gone, or the job is being stopped. */
  readonly signal: AbortSignal;
}

/** Sends this server's share of the objects through the model. An object that fails does not keep the others. */
export async function transformObjects(options: TransformObjectsOptions): Promise<TransformResult> {
  const { life, server, directory } = options;
  await mkdir(directory, { recursive: true });
  const settings = await transformSettings(life.request, server);
  announce(server, settings);
  const concurrency = settings.maxConcurrentTransforms;
  const shared = {
    request: life.request,
    server,
    plan: planTransform(life.request, settings),
    concurrency,
    invocation: invocationSettings(life.request),
    slots: new Limiter(concurrency),
    signal: options.signal,
  };
  const transformed: TransformedObject[] = [];
  const reasons: string[] = [];
  const objects = listTransformInput(options);
  let next = 0;
  await forEachAtOnce(objects, concurrency, options.signal, async (object, signal) => {
    const path = join(directory, String(next++));
    const reason = await transformOne({ ...options, signal }, object, { ...shared, signal, output: path });
    if (reason === undefined) transformed.push({ name: object.name, key: object.key, path });
    else reasons.push(reason);
  });
  return { transformed, failureReason: reasons[0] };
}

function announce(server: ModelServer, settings: TransformSettings): void {
  const strategy = settings.strategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD';
  const payload = settings.maxPayloadBytes / 1024 / 1024;
  server.host.log.note(
    `[sagemaker logs]: MaxConcurrentTransforms=${settings.maxConcurrentTransforms}, MaxPayloadInMB=${payload}, BatchStrategy=${strategy}`,
  );
}

/** Resolves with the FailureReason of an object that failed. */
async function transformOne(
  { life, server, signal }: TransformObjectsOptions,
  object: SourceObject,
  how: Omit<TransformObjectOptions, 'source'>,
): Promise<string | undefined> {
  try {
    await transformObject({ ...how, source: readObject(object, life.context.stores, signal) });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const place = objectUri(object).replace(/^s3:\/\//, '');
    server.host.log.note(`[sagemaker logs]: ${place}: ${errorMessage(error)}`);
    return objectFailure(error);
  }
}

function objectFailure(error: unknown): string {
  if (error instanceof InvocationError) {
    const refused = error.status !== undefined && error.status < 500;
    return refused ? TRANSFORM_CLIENT_ERROR : TRANSFORM_ALGORITHM_ERROR;
  }
  return error instanceof SluiceError && error.fault === 'user'
    ? TRANSFORM_CLIENT_ERROR
    : failureReasonOf(error);
}

function invocationSettings(request: CreateTransformJobRequest): InvocationSettings {
  const client = request.ModelClientConfig;
  return {
    contentType: request.TransformInput?.ContentType,
    accept: request.TransformOutput?.Accept,
    timeoutMs: (client?.InvocationsTimeoutInSeconds ?? DEFAULT_INVOCATION_TIMEOUT_SECONDS) * 1000,
    maxRetries: client?.InvocationsMaxRetries ?? DEFAULT_INVOCATION_RETRIES,
  };
}

/** One generator for all workers: each object goes to one of them. */
async function* listTransformInput(options: TransformObjectsOptions): AsyncGenerator<SourceObject> {
  const { life, server, count } = options;
  const source = life.request.TransformInput?.DataSource?.S3DataSource;
  const objects = listObjects({
    channel: {
      name: 'input',
      uri: source?.S3Uri ?? '',
      inputMode: 'File',
      dataType: source?.S3DataType === 'ManifestFile' ? 'ManifestFile' : 'S3Prefix',
      distribution: count > 1 ? 'ShardedByS3Key' : 'FullyReplicated',
    },
    host: { index: server.host.index, count },
    stores: life.context.stores,
    signal: options.signal,
  });
  const iterator = objects[Symbol.asyncIterator]();
  for (;;) {
    const next = await duringStage('Data download failed', () => iterator.next());
    if (next.done) return;
    yield next.value;
  }
}
