import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import {
  assembleAnswer,
  planPayloads,
  type TransformPayload,
  type TransformPlan,
} from '../../contract/transform-payloads.ts';
import type { Limiter } from '../../core/limiter.ts';
import { type InvocationSettings, invoke } from '../serving/invoke.ts';
import type { ModelServer } from '../serving/model-server.ts';

/** One object to transform. */
export interface TransformObjectOptions {
  readonly request: CreateTransformJobRequest;
  /** The object's bytes, as they lie in the store. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Where the answers go: whole or absent. */
  readonly output: string;
  readonly server: ModelServer;
  readonly plan: TransformPlan;
  /** Payloads that may be under way at once. */
  readonly concurrency: number;
  readonly invocation: InvocationSettings;
  /** Shared by all objects of the server. */
  readonly slots: Limiter;
  readonly signal: AbortSignal;
}

/** Sends one object through the model and keeps the answers in order. @throws InvocationError, SluiceError */
export async function transformObject(options: TransformObjectOptions): Promise<void> {
  const partial = `${options.output}.part`;
  try {
    await pipeline(Readable.from(answers(options), { objectMode: false }), createWriteStream(partial));
    await rename(partial, options.output);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** At most as many payloads are read ahead as are under way at once, so memory is bounded. */
async function* answers(options: TransformObjectOptions): AsyncGenerator<Uint8Array> {
  const { concurrency, plan, slots } = options;
  const pending: Promise<Uint8Array>[] = [];
  const payloads = planPayloads(inflated(options), plan);
  try {
    for (;;) {
      await slots.take();
      const next = await payloads.next().catch((error: unknown) => {
        slots.give();
        throw error;
      });
      if (next.done) {
        slots.give();
        break;
      }
      const answer = send(options, next.value).finally(() => slots.give());
      answer.catch(() => undefined);
      pending.push(answer);
      if (pending.length >= concurrency) yield* nonEmpty(await pending.shift());
    }
    for (const answer of pending.splice(0)) yield* nonEmpty(await answer);
  } finally {
    await Promise.allSettled(pending);
    await payloads.return(undefined);
  }
}

async function send(options: TransformObjectOptions, payload: TransformPayload): Promise<Uint8Array> {
  const answer = await invoke(options.server, payload.body, options.invocation, options.signal);
  return assembleAnswer(answer, payload, options.plan);
}

function inflated({ request, source }: TransformObjectOptions): AsyncIterable<Uint8Array> {
  if (request.TransformInput?.CompressionType !== 'Gzip') return source;
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  // A broken stream is thrown where its bytes are read.
  pipeline(Readable.from(source, { objectMode: false }), gunzip).catch((error: Error) =>
    gunzip.destroy(error),
  );
  return gunzip;
}

function* nonEmpty(bytes: Uint8Array | undefined): Generator<Uint8Array> {
  if (bytes && bytes.byteLength > 0) yield bytes;
}
