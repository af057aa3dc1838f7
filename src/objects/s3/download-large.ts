import { closeSync, renameSync, rmSync } from 'node:fs';
import { SluiceError } from '../../core/errors.ts';
import { type ChecksumAlgorithm, startChecksum } from '../checksums/checksum.ts';
import { combineCrcs, isCombinable } from '../checksums/combine-crc.ts';
import { forEachAtOnce } from '../for-each-at-once.ts';
import { partPath } from '../partial-file.ts';
import type { ObjectHead } from '../store.ts';
import { BlockWriter } from './block-writer.ts';
import { type Download, openInDirectory } from './download.ts';
import { type GivenChecksum, readGivenChecksum, verifyChecksum } from './object-checksum.ts';
import { headerText, pin, readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import type { S3Headers } from './s3-request.ts';
import { verifyFile } from './verify-file.ts';

/** Fewer and longer ranges cost all who take part less: the buffers of their connections stay in the processor's cache. */
const RANGES_OF_ONE = 6;
const RANGE_BYTES = { least: 8 * 1024 * 1024, most: 48 * 1024 * 1024 };
/** Ranges at once, of all large objects together: each holds 128 KiB. */
export const RANGES_AT_ONCE = 24;

/** Brings an object by ranges, several at once, straight to their places in the file. */
export async function downloadLarge(download: Download): Promise<void> {
  const { connection, bucket, item, signal } = download;
  const { headers } = await connection.fetch({
    method: 'HEAD',
    bucket,
    key: item.key,
    headers: { 'x-amz-checksum-mode': 'ENABLED', ...pin(item.etag) },
    signal,
  });
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
  const ranges = planRanges(size);
  const digests: Buffer[] = [];
  await forEachAtOnce(ranges.entries(), RANGES_OF_ONE, download.signal, ([index, range], signal) =>
    download.limiter.run(async () => {
      digests[index] = await downloadRange({ ...download, signal }, file, { ...range, etag, algorithm });
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

async function downloadRange(
  { connection, bucket, item, signal, blocks, onBytes }: Download,
  file: number,
  { start, end, etag, algorithm }: Range & { etag: string; algorithm: ChecksumAlgorithm | undefined },
): Promise<Buffer> {
  const request = { method: 'GET', bucket, key: item.key, signal } as const;
  const checksum = algorithm && startChecksum(algorithm);
  const writer = new BlockWriter({ pool: blocks, file, position: start, checksum, onBytes });
  let tried = start;
  try {
    await connection.retry(
      request,
      async () => {
        const { position } = writer;
        if (position >= end) return;
        const headers = { range: `bytes=${position}-${end - 1}`, ...pin(etag) };
        await connection.exchangeInto(
          { ...request, headers },
          {
            onHead: (answer) => checkRange(answer, { start: position, end }, bucket, item.key),
            room: () => writer.room(),
            take: (bytes) => writer.take(bytes),
          },
        );
      },
      () => {
        const moved = writer.position > tried;
        tried = writer.position;
        return moved;
      },
    );
    writer.flush();
  } finally {
    writer.close();
  }
  return checksum ? checksum.digest() : Buffer.alloc(0);
}

/** Other bytes than those that were asked for would stand at the wrong place. */
function checkRange(headers: S3Headers, { start, end }: Range, bucket: string, key: string): void {
  const range = headerText(headers, 'content-range');
  const length = Number(headerText(headers, 'content-length') ?? end - start);
  if (length === end - start && (range === undefined ? start === 0 : range.startsWith(`bytes ${start}-`)))
    return;
  throw new SluiceError(
    'StoreUnavailable',
    `s3://${bucket}/${key}: the store does not answer with the range that was asked for: bytes ${start}-${end - 1} ` +
      `were, ${range ?? `${length} bytes without a range`} came.`,
    { details: { bucket, key } },
  );
}
