import { SluiceError } from '../../core/errors.ts';
import type { ObjectSummary, S3Location } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';
import { afterPrefix, objectName } from './object-name.ts';
import type { SourceObject } from './source-object.ts';

/** What an S3Prefix means. */
export interface PrefixOptions {
  readonly location: S3Location;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
}

/** Every object of a prefix in the order of keys; those that can be no file are left out. */
export async function* listPrefix({ location, stores, signal }: PrefixOptions): AsyncGenerator<SourceObject> {
  const { bucket, key: prefix } = location;
  const store = stores.store(bucket);
  for await (const summary of store.list(bucket, { prefix, ...(signal && { signal }) })) {
    const name = objectName(afterPrefix(summary.key, prefix));
    if (name === undefined) continue;
    yield sourceObject(bucket, name, summary);
  }
}

function sourceObject(bucket: string, name: string, summary: ObjectSummary): SourceObject {
  const { key, size, file, etag } = summary;
  return {
    name,
    size,
    bucket,
    key,
    ...(file !== undefined && { file }),
    ...(etag !== undefined && { etag }),
  };
}

/** The error of a channel whose bucket does not exist. */
export function bucketMissing(channel: string, uri: string, error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.code !== 'NoSuchBucket') return error;
  return new SluiceError('ChannelNotFound', `Channel '${channel}': ${uri}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    cause: error,
  });
}
