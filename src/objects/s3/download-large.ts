import { closeSync, renameSync, rmSync } from 'node:fs';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { type ChecksumAlgorithm, startChecksum } from '../checksums/checksum.ts';
import { combineCrcs, isCombinable } from '../checksums/combine-crc.ts';
import { partPath } from '../partial-file.ts';
import type { ObjectHead } from '../store.ts';
import { type Download, openInDirectory } from './download.ts';
import { downloadRange } from './download-range.ts';
import { fetchHead } from './fetch-head.ts';
import { type GivenChecksum, readGivenChecksum, verifyChecksum } from './object-checksum.ts';
import { readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import { retryMismatch } from './retry-mismatch.ts';
import { verifyFile } from './verify-file.ts';

/** Ranges of one object at once. With fewer, the store has no answer ready whenever this side waits for a request's way. */
const RANGES_OF_ONE = 10;
const RANGE_BYTES = { least: 8 * 1024 * 1024, most: 48 * 1024 * 1024 };
/** Ranges at once, of all large objects together: each holds 128 KiB. */
export const RANGES_AT_ONCE = 24;

/** Brings an object by ranges, several at once, straight to their places in the file. */
export async function downloadLarge(download: Download): Promise<void> {
  const onBytes = countOnce(download.onBytes);
  await retryMismatch(download.signal, () => downloadOnce({ ...download, onBytes: onBytes.begin() }));
}

/** Tells of each byte once, however often it is read. */
function countOnce(tell: (bytes: number) => void): { begin(): (bytes: number) => void } {
  let told = 0;
  return {
    begin() {
      let read = 0;
      return (bytes) => {
        read += bytes;
        if (read <= told) return;
        tell(read - told);
        told = read;
      };
    },
  };
}

async function downloadOnce(download: Download): Promise<void> {
  const { connection, bucket, item, signal } = download;
  const { key, etag, size } = item;
  const headers = await fetchHead(connection, { bucket, key, etag, size, signal });
  const part = partPath(item.path);
  const file = openInDirectory(part);
  try {
    try {
      await downloadVerified(download, file, readObjectHead(headers), readGivenChecksum(headers));
    } finally {
      closeSync(file);
    }
    renameSync(part, item.path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** CRCs of a whole are put together from those of its ranges; the other checksums need a second reading. */
async function downloadVerified(
  download: Download,
  file: number,
  head: ObjectHead,
  given: GivenChecksum | undefined,
): Promise<void> {
  const { connection, bucket, item, signal } = download;
  if (given && given.parts === undefined && isCombinable(given.algorithm)) {
    const digest = await downloadRanges(download, file, head, given.algorithm);
    return verifyChecksum(bucket, item.key, given, digest);
  }
  await downloadRanges(download, file, head);
  if (!given) return;
  const object = { bucket, key: item.key, signal };
  const partBytes = await findPartSize(connection, object, head, given);
  if (partBytes === undefined) return;
  await verifyFile(file, { ...object, size: head.size, given, partBytes });
}

/** @returns the CRC of the whole, where an algorithm was named. */
async function downloadRanges(
  download: Download,
  file: number,
  { size, etag }: ObjectHead,
  algorithm?: ChecksumAlgorithm,
): Promise<Buffer> {
  const { bucket, item, limiter } = download;
  const ranges = planRanges(size);
  const digests: Buffer[] = [];
  await forEachAtOnce(ranges.entries(), RANGES_OF_ONE, download.signal, ([index, range], signal) =>
    limiter.run(async () => {
      const whole = { ...range, bucket, key: item.key, etag, size, file, algorithm };
      digests[index] = await downloadRange({ ...download, signal }, whole);
    }),
  );
  if (!algorithm) return Buffer.alloc(0);
  return digests.reduce(
    (before, digest, index) => combineCrcs(algorithm, before, digest, lengthOf(ranges[index])),
    await startChecksum(algorithm).digest(),
  );
}

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

function planRanges(size: number): readonly Range[] {
  const share = Math.ceil(size / RANGES_OF_ONE);
  const length = Math.min(RANGE_BYTES.most, Math.max(RANGE_BYTES.least, share));
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => ({
    start: index * length,
    end: Math.min(size, (index + 1) * length),
  }));
}

function lengthOf(range: Range | undefined): number {
  return range ? range.end - range.start : 0;
}
