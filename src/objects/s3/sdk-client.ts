import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.ts';
import { DEFAULT_IDLE_MS, type S3StoreOptions } from './s3-options.ts';

const CONNECT_LIMIT_MS = 10_000;
/** No document that is read here is larger. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;
/** A store that puts the parts of an upload together sends a space now and then meanwhile, for minutes. */
const ANSWER_LIMIT_MS = 30 * 60_000;
/** Stores put the parts of an upload together before they answer: they get so many times the usual patience. */
const PATIENCE = 3;

/** The SDK's client, for what is not on the hot path: uploads and buckets. */
export async function createSdkClient(options: S3StoreOptions, connection: S3Connection): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: options.region ?? 'us-east-1',
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    forcePathStyle: options.pathStyle ?? options.endpoint !== undefined,
    credentials: () => connection.credentials(),
    followRegionRedirects: true,
    maxAttempts: options.attempts ?? 8,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT_MS,
      socketTimeout: PATIENCE * (options.idleTimeoutMs ?? DEFAULT_IDLE_MS),
    },
  });
  client.middlewareStack.add(
    (next) => async (request) => {
      const result = await next(request);
      const response = result.response as { body?: unknown };
      if (response.body instanceof Readable)
        response.body = Readable.from(limited(response.body), { objectMode: false });
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'limitAnswer' },
  );
  return client;
}

/** The document of an answer: one without an end would be collected until there is no memory left. */
async function* limited(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const until = performance.now() + ANSWER_LIMIT_MS;
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > ANSWER_LIMIT_BYTES || performance.now() > until) throw new Error('the answer has no end');
    yield piece;
  }
}
