import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { Limiter } from '../../core/limiter.ts';
import { holdHeap } from '../../core/steady-heap.ts';
import { transferError } from '../partial-file.ts';
import type { DownloadItems, DownloadOptions } from '../store.ts';
import { BlockPool } from './block-writer.ts';
import type { MemorySink } from './body-sink.ts';
import type { Download } from './download.ts';
import { downloadLarge, RANGES_AT_ONCE } from './download-large.ts';
import { downloadSmall } from './download-small.ts';
import type { S3Connection } from './s3-connection.ts';

/** Objects up to this size come whole into memory and are written at once. */
const SMALL_BYTES = 256 * 1024;

/** Brings many objects into files: small ones by one request each, many at once; large ones by parallel ranges. */
export async function downloadObjects(
  connection: S3Connection,
  bucket: string,
  items: DownloadItems,
  concurrency: number,
  options: DownloadOptions = {},
): Promise<void> {
  using _heap = holdHeap();
  const limiter = new Limiter(RANGES_AT_ONCE);
  const blocks = new BlockPool();
  const sinks: MemorySink[] = [];
  const onBytes = options.onBytes ?? (() => undefined);
  await forEachAtOnce(items, concurrency, options.signal, async (item, signal) => {
    const download: Download = { connection, bucket, item, signal, limiter, blocks, sinks, onBytes };
    try {
      await (item.size !== undefined && item.size <= SMALL_BYTES
        ? downloadSmall(download)
        : downloadLarge(download));
    } catch (error) {
      throw transferError(error, bucket, item.key, item.path);
    }
    options.onObject?.(item);
  });
}
