import { createReadStream } from 'node:fs';
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import { type OpenStores, type PutOptions, partPath } from '../../objects/index.ts';
import { contentTypeOf } from './content-types.ts';
import type { Entry } from './entries.ts';
import { formatPlace, type Place } from './place.ts';
import type { TransferDisplay } from './progress.ts';

/** One thing to do. */
export type Transfer =
  | { readonly action: 'copy'; readonly entry: Entry; readonly target: Place }
  | { readonly action: 'delete'; readonly entry: Entry };

export interface TransferOptions {
  readonly stores: OpenStores;
  readonly progress: TransferDisplay;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly put?: Pick<PutOptions, 'contentType' | 'metadata'>;
}

const AT_ONCE = 16;
/** How many small downloads go together, to be many at once. */
const BATCH = 512;

type DownloadTransfer = Transfer & { readonly action: 'copy' };

/** Does all transfers, several at once. One that fails is told and counted; the others go on. */
export async function runTransfers(
  transfers: AsyncIterable<Transfer>,
  options: TransferOptions,
): Promise<void> {
  await forEachAtOnce(gatherDownloads(transfers), AT_ONCE, options.signal, async (one) => {
    if (Array.isArray(one)) await downloadAll(one, options);
    else await runOne(one, options);
  });
}

/** Downloads of a bucket go in batches, which the store brings in at once. */
async function* gatherDownloads(
  transfers: AsyncIterable<Transfer>,
): AsyncGenerator<Transfer | DownloadTransfer[]> {
  let batch: DownloadTransfer[] = [];
  for await (const transfer of transfers) {
    if (
      transfer.action !== 'copy' ||
      transfer.entry.place.kind !== 's3' ||
      transfer.target.kind !== 'local'
    ) {
      yield transfer;
      continue;
    }
    batch.push(transfer);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function downloadAll(batch: readonly DownloadTransfer[], options: TransferOptions): Promise<void> {
  if (options.dryRun) return batch.forEach((transfer) => tellDone(transfer, options));
  const whole = new Set<string>();
  try {
    await downloadBatch(batch, options, (path) => whole.add(path));
  } catch (error) {
    options.signal.throwIfAborted();
    if (batch.length === 1) return batch.forEach((transfer) => tellFailure(transfer, error, options));
  }
  for (const transfer of batch) {
    // What the failure of another one has stopped is tried alone.
    await (whole.has(pathOf(transfer.target))
      ? finishDownload(transfer, options)
      : downloadAll([transfer], options));
  }
}

async function downloadBatch(
  batch: readonly DownloadTransfer[],
  { stores, signal, progress }: TransferOptions,
  onWhole: (path: string) => void,
): Promise<void> {
  const place = batch[0]?.entry.place;
  const bucket = place?.kind === 's3' ? place.bucket : '';
  const items = batch.map(({ entry, target }) => downloadItem(entry, target));
  await stores.store(bucket).download(bucket, items, {
    signal,
    onBytes: (bytes) => progress.onBytes(bytes),
    onObject: ({ path }) => onWhole(path),
  });
}

function downloadItem(entry: Entry, target: Place) {
  const key = entry.place.kind === 's3' ? entry.place.key : '';
  const item = { key, path: pathOf(target), size: entry.size };
  return entry.etag === undefined ? item : { ...item, etag: entry.etag };
}

/** The file takes the object's time, so that the next sync finds it unchanged. */
async function finishDownload(transfer: DownloadTransfer, options: TransferOptions): Promise<void> {
  await utimes(pathOf(transfer.target), new Date(), transfer.entry.modified).catch(() => undefined);
  tellDone(transfer, options);
}

async function runOne(transfer: Transfer, options: TransferOptions): Promise<void> {
  try {
    if (!options.dryRun)
      await (transfer.action === 'delete' ? remove(transfer.entry.place, options) : copy(transfer, options));
    tellDone(transfer, options);
  } catch (error) {
    options.signal.throwIfAborted();
    tellFailure(transfer, error, options);
  }
}

async function remove(place: Place, { stores }: TransferOptions): Promise<void> {
  if (place.kind === 's3') await stores.store(place.bucket).delete(place.bucket, place.key);
  if (place.kind === 'local') await rm(place.path);
}

async function copy(
  { entry, target }: Transfer & { action: 'copy' },
  options: TransferOptions,
): Promise<void> {
  const { body, described } = await openSource(entry, options);
  const counted = count(body, options.progress);
  if (target.kind === 's3') {
    const put = { ...described, ...options.put, size: entry.size, signal: options.signal };
    await options.stores.store(target.bucket).put(target.bucket, target.key, counted, put);
  } else if (target.kind === 'stream') {
    for await (const piece of counted) await writeStdout(piece);
  } else await writeWhole(target.path, counted);
}

async function openSource({ place, etag, size }: Entry, { stores, signal }: TransferOptions) {
  if (place.kind === 's3') {
    const { body, contentType, metadata } = await stores
      .store(place.bucket)
      .get(place.bucket, place.key, { signal, size, ...(etag !== undefined && { ifMatch: etag }) });
    return { body, described: { metadata, ...(contentType !== undefined && { contentType }) } };
  }
  const path = place.kind === 'local' ? place.path : undefined;
  const contentType = path === undefined ? undefined : contentTypeOf(path);
  const body: AsyncIterable<Uint8Array> =
    path === undefined ? process.stdin : createReadStream(path, { highWaterMark: 1024 * 1024 });
  return { body, described: contentType === undefined ? {} : { contentType } };
}

async function writeWhole(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const part = partPath(path);
  try {
    makeDirectories(dirname(path));
    await writeFile(part, body);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Waits for a slow reader. */
function writeStdout(piece: Uint8Array): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(piece, (error) => (error ? fail(error) : done()));
  });
}

async function* count(
  body: AsyncIterable<Uint8Array>,
  progress: TransferDisplay,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    progress.onBytes(piece.length);
    yield piece;
  }
}

function tellDone(transfer: Transfer, { progress }: TransferOptions): void {
  const source = formatPlace(transfer.entry.place);
  if (transfer.action === 'delete') progress.done('delete', source);
  else if (transfer.target.kind !== 'stream')
    progress.done(verbOf(transfer), source, formatPlace(transfer.target));
}

function tellFailure(transfer: Transfer, error: unknown, { progress }: TransferOptions): void {
  progress.failed(verbOf(transfer), formatPlace(transfer.entry.place), errorMessage(error));
}

function verbOf(transfer: Transfer): string {
  if (transfer.action === 'delete') return 'delete';
  if (transfer.entry.place.kind !== 's3') return 'upload';
  return transfer.target.kind === 's3' ? 'copy' : 'download';
}

function pathOf(place: Place): string {
  return place.kind === 'local' ? place.path : '';
}
