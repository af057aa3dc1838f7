import { listAugmented } from '../source/list-augmented.ts';
import { channelEmpty, type ListObjectsOptions, listObjects } from '../source/list-objects.ts';
import { type ListEntry, ObjectList } from '../source/object-list.ts';
import { isInShard } from '../source/shard.ts';
import { shuffledOrder } from '../source/shuffle.ts';
import type { SourceObject } from '../source/source-object.ts';

/** The objects of a channel, listed once for all epochs. */
export interface ChannelList {
  readonly objects: number;
  /** Of those whose size is known from the listing. */
  readonly bytes: number;
  /** All are files of this machine, or texts. */
  readonly local: boolean;
  /** This host's objects of one epoch in their order, many at once. */
  epoch(epoch: number): AsyncIterable<readonly SourceObject[]>;
  close(): void;
}

/** Entries that are handed on at once. */
const BATCH = 512;

/** Lists a channel. @throws SluiceError `ChannelNotFound`, `ChannelEmpty`, `ManifestInvalid`, `InvalidArgument` */
export async function listChannel(options: ListObjectsOptions): Promise<ChannelList> {
  const sharded = options.channel.distribution === 'ShardedByS3Key';
  const { shuffleSeed: seed } = options.channel;
  const movesShards = sharded && seed !== undefined;
  const facts = { objects: 0, bytes: 0, local: true };
  // Where shards move between hosts from epoch to epoch, each host has to know all objects.
  const entries = listEntries(movesShards ? { ...options, host: { index: 0, count: 1 } } : options);
  const list = await ObjectList.from(observed(entries, facts, options));
  const host = movesShards ? options.host : { index: 0, count: 1 };
  return {
    ...facts,
    epoch: (epoch) => batches(list, positions(list.length, seed, epoch, host), options),
    close: () => list.close(),
  };
}

async function* listEntries(options: ListObjectsOptions): AsyncGenerator<ListEntry> {
  const { channel, host, stores, signal } = options;
  if (channel.dataType !== 'AugmentedManifestFile') {
    for await (const object of listObjects(options)) yield [object];
    return;
  }
  const { name, uri, attributeNames = [], distribution } = channel;
  let position = 0;
  for await (const entry of listAugmented({ channel: name, uri, stores, signal, attributeNames })) {
    if (distribution !== 'ShardedByS3Key' || isInShard(position, host)) yield entry;
    position++;
  }
  if (position === 0) throw channelEmpty(channel);
}

async function* observed(
  entries: AsyncIterable<ListEntry>,
  facts: { objects: number; bytes: number; local: boolean },
  { stores }: ListObjectsOptions,
): AsyncGenerator<ListEntry> {
  for await (const entry of entries) {
    for (const { size = 0, file, text, bucket = '' } of entry) {
      facts.objects++;
      facts.bytes += size;
      facts.local &&= file !== undefined || text !== undefined || stores.store(bucket).local !== undefined;
    }
    yield entry;
  }
}

function* positions(
  count: number,
  seed: number | undefined,
  epoch: number,
  host: ListObjectsOptions['host'],
): Generator<number> {
  const order = seed === undefined ? undefined : shuffledOrder(count, seed, epoch);
  for (let position = 0; position < count; position++) {
    if (isInShard(position, host)) yield order ? (order[position] as number) : position;
  }
}

async function* batches(
  list: ObjectList,
  order: Iterable<number>,
  options: ListObjectsOptions,
): AsyncGenerator<readonly SourceObject[]> {
  let batch: SourceObject[] = [];
  for (const position of order) {
    batch.push(...list.at(position));
    if (batch.length < BATCH) continue;
    yield await located(batch, options);
    batch = [];
  }
  if (batch.length > 0) yield await located(batch, options);
}

/** References into a store that keeps plain files become these files. */
function located(objects: SourceObject[], { stores }: ListObjectsOptions): Promise<SourceObject[]> {
  return Promise.all(
    objects.map(async (object) => {
      const { file, text, bucket, key } = object;
      if (file !== undefined || text !== undefined || bucket === undefined || key === undefined)
        return object;
      const path = await stores.store(bucket).local?.file(bucket, key);
      return path === undefined ? object : { ...object, file: path };
    }),
  );
}
