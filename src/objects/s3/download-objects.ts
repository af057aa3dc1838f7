import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { type ChecksumAlgorithm, type RunningChecksum, startChecksum } from '../checksums/checksum.ts';
import { combineCrcs, isCombinable } from '../checksums/combine-crc.ts';
import { forEachAtOnce } from '../for-each-at-once.ts';
import { partPath, transferError } from '../partial-file.ts';
import type { DownloadItem, DownloadItems, DownloadOptions } from '../store.ts';
import { Limiter } from './limiter.ts';
import { readObjectHead, readWholeChecksum } from './object-headers.ts';
import { RangeWriter } from './range-writer.ts';
import type { S3Connection, S3Headers } from './s3-connection.ts';

/** Objects up to this size come whole into memory and are written at once. */
const SMALL_BYTES = 256 * 1024;
const RANGE_BYTES = 16 * 1024 * 1024;
/** Ranges at once, of all large objects together: each holds up to about 2 MiB. */
const RANGES_AT_ONCE = 32;

/** Brings many objects into files: small ones by one request each, many at once; large ones by parallel ranges. */
export async function downloadObjects(
  connection: S3Connection,
  bucket: string,
  items: DownloadItems,
  concurrency: number,
  options: DownloadOptions = {},
): Promise<void> {
  const limiter = new Limiter(RANGES_AT_ONCE);
  await forEachAtOnce(items, concurrency, options.signal, async (item, signal) => {
    const download = {
      connection,
      bucket,
      item,
      signal,
      limiter,
      onBytes: options.onBytes ?? (() => undefined),
    };
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

interface Download {
  readonly connection: S3Connection;
  readonly bucket: string;
  readonly item: DownloadItem;
  readonly signal: AbortSignal;
  readonly limiter: Limiter;
  readonly onBytes: (bytes: number) => void;
}

async function downloadSmall({ connection, bucket, item, signal, onBytes }: Download): Promise<void> {
  const { headers, body } = await connection.fetch({
    method: 'GET',
    bucket,
    key: item.key,
    headers: { 'x-amz-checksum-mode': 'ENABLED', ...pin(item.etag) },
    signal,
  });
  const checksum = readWholeChecksum(headers);
  if (checksum) {
    const running = startChecksum(checksum.algorithm);
    running.update(body);
    verify(bucket, item.key, checksum.value, await running.digest());
  }
  writeWhole(item.path, body);
  onBytes(body.length);
}

/** Without awaiting: four short calls cost less than their four ways through the thread pool. */
function writeWhole(path: string, body: Buffer): void {
  const part = partPath(path);
  try {
    const file = openInDirectory(part);
    try {
      for (let done = 0; done < body.length; ) done += writeSync(file, body, done);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function openInDirectory(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'wx');
  }
}

async function downloadLarge(download: Download): Promise<void> {
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
      await downloadRanges(download, file, headers);
    } finally {
      closeSync(file);
    }
    renameSync(part, item.path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

async function downloadRanges(download: Download, file: number, headers: S3Headers): Promise<void> {
  const { bucket, item, limiter, signal } = download;
  const { size, etag } = readObjectHead(headers);
  const starts = Array.from({ length: Math.ceil(size / RANGE_BYTES) }, (_, index) => index * RANGE_BYTES);
  const checksum = readWholeChecksum(headers);
  const algorithm =
    checksum && (isCombinable(checksum.algorithm) || starts.length <= 1) ? checksum.algorithm : undefined;
  const digests: Buffer[] = Array.from({ length: starts.length });
  await forEachAtOnce(starts.entries(), RANGES_AT_ONCE, signal, ([index, start], stopped) =>
    limiter.run(async () => {
      const end = Math.min(size, start + RANGE_BYTES);
      const digest = await downloadRange({ ...download, signal: stopped }, file, {
        start,
        end,
        etag,
        algorithm,
      });
      if (digest) digests[index] = digest;
    }),
  );
  if (!checksum || !algorithm || starts.length === 0) return;
  const last = ((size - 1) % RANGE_BYTES) + 1;
  const whole = digests.reduce((before, digest, index) =>
    combineCrcs(algorithm, before, digest, index === digests.length - 1 ? last : RANGE_BYTES),
  );
  verify(bucket, item.key, checksum.value, whole);
}

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly etag: string;
  readonly algorithm: ChecksumAlgorithm | undefined;
}

async function downloadRange(
  { connection, bucket, item, signal, onBytes }: Download,
  file: number,
  { start, end, etag, algorithm }: Range,
): Promise<Buffer | undefined> {
  const request = { method: 'GET', bucket, key: item.key, signal } as const;
  const checksum: RunningChecksum | undefined = algorithm && startChecksum(algorithm);
  const writer = new RangeWriter(file, start);
  let position = start;
  let tried = start;
  await connection.retry(
    request,
    async () => {
      if (position >= end) return;
      await connection.exchange(
        { ...request, headers: { range: `bytes=${position}-${end - 1}`, ...pin(etag) } },
        {
          onData: (piece, resume) => {
            position += piece.length;
            checksum?.update(piece);
            onBytes(piece.length);
            return writer.push(piece, resume);
          },
        },
      );
    },
    () => {
      const moved = position > tried;
      tried = position;
      return moved;
    },
  );
  await writer.finish();
  return checksum?.digest();
}

function pin(etag: string | undefined): Record<string, string> {
  return etag === undefined || etag === '' ? {} : { 'if-match': etag };
}

function verify(bucket: string, key: string, expected: string, digest: Buffer): void {
  if (digest.toString('base64') === expected) return;
  throw new SluiceError(
    'ChecksumMismatch',
    `s3://${bucket}/${key}: its bytes do not fit the checksum that the store gives.`,
  );
}
