import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri } from '../../objects/index.ts';
import type { InputChannel, Stores } from '../channel.ts';
import { listLocal, localPlace } from './list-local.ts';
import { listManifest } from './list-manifest.ts';
import { bucketMissing, listPrefix } from './list-prefix.ts';
import { type HostPlace, isInShard } from './shard.ts';
import type { SourceObject } from './source-object.ts';

/** Whose objects to list. */
export interface ListObjectsOptions {
  readonly channel: InputChannel;
  readonly host: HostPlace;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects of a channel that are this host's, as a stream.
 *
 * @throws SluiceError `ChannelNotFound`, `ChannelEmpty` (the channel as a whole; a host of many may get none),
 *   `ManifestInvalid`
 */
export async function* listObjects(options: ListObjectsOptions): AsyncGenerator<SourceObject> {
  const { channel, host } = options;
  const sharded = channel.distribution === 'ShardedByS3Key';
  let position = 0;
  try {
    for await (const object of listAll(options)) {
      if (!sharded || isInShard(position, host)) yield object;
      position++;
    }
  } catch (error) {
    throw bucketMissing(channel.name, channel.uri, error);
  }
  if (position === 0) throw channelEmpty(channel);
}

async function* listAll({ channel, stores, signal }: ListObjectsOptions): AsyncGenerator<SourceObject> {
  const { name, uri } = channel;
  if (channel.dataType === 'ManifestFile') yield* listManifest({ channel: name, uri, stores, signal });
  else if (uri.startsWith('file://')) yield* listLocal(localPlace(name, uri));
  else yield* listPrefix({ location: parseS3Uri(uri), stores, signal });
}

/** @internal */
export function channelEmpty({ name, uri }: InputChannel): SluiceError {
  return new SluiceError('ChannelEmpty', `Channel '${name}': ${uri} holds no data.`, {
    hint: uri.startsWith('s3://')
      ? `No object has this prefix. Upload some: sluice s3 cp --recursive DIRECTORY ${uri}`
      : 'Put files there, or name another place.',
  });
}
