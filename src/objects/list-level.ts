import type { LevelEntry, LevelOptions, ObjectStore } from './store.ts';

/** Sorts after every key that goes on from here. */
const LAST = '\u{10ffff}';

/**
 * One level of the tree that `/` makes of the keys, in byte order: by the store itself, else by skipping what lies
 * deeper.
 */
export function listLevel(
  store: ObjectStore,
  bucket: string,
  options: LevelOptions,
): AsyncIterable<LevelEntry> {
  return store.listLevel?.(bucket, options) ?? skipDeeper(store, bucket, options);
}

async function* skipDeeper(
  store: ObjectStore,
  bucket: string,
  { prefix, signal }: LevelOptions,
): AsyncGenerator<LevelEntry> {
  let startAfter: string | undefined;
  for (;;) {
    const options = { prefix, ...(startAfter !== undefined && { startAfter }), ...(signal && { signal }) };
    let deeper: string | undefined;
    for await (const object of store.list(bucket, options)) {
      const slash = object.key.indexOf('/', prefix.length);
      deeper = slash < 0 ? undefined : object.key.slice(0, slash + 1);
      if (deeper !== undefined) break;
      yield { object };
    }
    if (deeper === undefined) return;
    yield { prefix: deeper };
    startAfter = deeper + LAST;
  }
}
