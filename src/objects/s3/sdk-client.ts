import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.ts';
import { DEFAULT_IDLE_MS, type S3StoreOptions } from './s3-options.ts';

const CONNECT_LIMIT_MS = 10_000;
/** Stores put the parts of an upload together before they answer: they get so many times the usual patience. */
const PATIENCE = 3;

/** The SDK's client, for what is not on the hot path: uploads and buckets. */
export async function createSdkClient(options: S3StoreOptions, connection: S3Connection): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
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
}
