import { SluiceError } from '../../core/errors.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import type { InputChannel } from '../channel.ts';
import { channelEmpty } from '../source/list-objects.ts';
import { bucketMissing } from '../source/list-prefix.ts';

/**
 * The prefix of a FastFile channel as a directory: empty, or ending in `/`. Undefined where it names one object.
 *
 * @throws SluiceError `InvalidArgument` for a part of a name, `ChannelEmpty`, `ChannelNotFound`
 */
export async function folderPrefix(channel: InputChannel, store: ObjectStore): Promise<string | undefined> {
  const { bucket, key } = parseS3Uri(channel.uri);
  try {
    const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
    if ((await firstKey(store, bucket, folder)) !== undefined) return folder;
    const first = await firstKey(store, bucket, key);
    if (first === key) return undefined;
    throw first === undefined ? channelEmpty(channel) : partialName(channel, first);
  } catch (error) {
    throw bucketMissing(channel.name, channel.uri, error);
  }
}

async function firstKey(store: ObjectStore, bucket: string, prefix: string): Promise<string | undefined> {
  for await (const { key } of store.list(bucket, { prefix })) return key;
  return undefined;
}

function partialName({ name, uri }: InputChannel, first: string): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `Channel '${name}': FastFile needs a prefix that names a directory, and ${uri} is only a part of a name, of ${first} for one.`,
    { hint: 'End the prefix at a slash, or use the input mode File.' },
  );
}
