import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Connection } from './s3-connection.ts';
import type { S3StoreOptions } from './s3-options.ts';

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
  });
}
