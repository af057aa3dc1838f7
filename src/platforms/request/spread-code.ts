import { chmod } from 'node:fs/promises';
import type { Bundles, BundlesOptions, StoredBundle } from '../../bundles/index.ts';
import type { Bundle } from '../../graph/index.ts';

import { parseS3Uri } from '../../objects/index.ts';

/** Files up to this size are read whole and put several at once. Bytes. */
const SMALL_BYTES = 1 << 20;
const PUT_AT_ONCE = 8;

/** What to spread and where. */
export interface SpreadCodeOptions {
  readonly bundles: Bundles;
  readonly bundle: Bundle;
  /** A prefix that ends in `/`. */
  readonly codeUri: string;
  readonly stores: BundlesOptions['stores'];
}

/** Puts the files of a bundle, verified, under a prefix: the code of a processing job is an input like any other. */
export async function spreadCode(options: SpreadCodeOptions): Promise<StoredBundle> {
  const { bucket, key: prefix } = parseS3Uri(options.codeUri);
  const store = options.stores.store(bucket);
  const put = async (
    path: string,
    isExecutable: boolean,
    body: Buffer | AsyncIterable<Buffer>,
  ): Promise<void> => {
    await store.put(bucket, `${prefix}${path}`, body);
    // An object has no mode; a program has to stay executable where the store's own file is shown to the job.
    if (isExecutable && store.local) await chmod(await store.local.file(bucket, `${prefix}${path}`), 0o755);
  };
  let pending: Promise<void>[] = [];
  const stored = await options.bundles.read(options.bundle, async (path, isExecutable, size, bytes) => {
    if (size > SMALL_BYTES) return put(path, isExecutable, bytes);
    pending.push(put(path, isExecutable, Buffer.concat(await Array.fromAsync(bytes))));
    if (pending.length < PUT_AT_ONCE) return;
    const putting = pending;
    pending = [];
    await Promise.all(putting);
  });
  await Promise.all(pending);
  return stored;
}
