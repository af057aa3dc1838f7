import { type ChecksumAlgorithm, startChecksum } from '../checksums/checksum.ts';
import { type BlockPool, BlockWriter } from './block-writer.ts';
import { checkedSink } from './checked-sink.ts';
import { pin } from './object-headers.ts';
import type { S3Connection } from './s3-connection.ts';
import { LEAST_PROGRESS_BYTES } from './s3-request.ts';

/** A part of an object, and where its bytes go. */
export interface ObjectRange {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  /** Bytes of the whole object. */
  readonly size: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** The open file that gets the bytes, at their own places. */
  readonly file: number;
  /** The checksum to make of them. @default none */
  readonly algorithm?: ChecksumAlgorithm | undefined;
}

/** What a range is brought with. */
export interface RangeMeans {
  readonly connection: S3Connection;
  readonly blocks: BlockPool;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings a range straight to its place in a file; after a break it goes on where it stopped.
 *
 * @returns the checksum of its bytes, empty where none was asked for
 * @throws SluiceError that names the object; Error with the system's code where the file could not be written
 */
export async function downloadRange(
  { connection, blocks, signal, onBytes }: RangeMeans,
  { bucket, key, etag, size, start, end, file, algorithm }: ObjectRange,
): Promise<Buffer> {
  const request = { method: 'GET', bucket, key, signal } as const;
  const checksum = algorithm && startChecksum(algorithm);
  const writer = new BlockWriter({ pool: blocks, file, position: start, checksum, onBytes });
  let tried = start;
  try {
    await connection.retry(
      request,
      async () => {
        const { position } = writer;
        if (position >= end) return;
        const range = { start: position, end: end - 1 };
        const headers = { range: `bytes=${range.start}-${range.end}`, ...pin(etag) };
        const sink = checkedSink({ bucket, key, range, etag, size }, writer);
        await connection.exchangeInto({ ...request, headers }, sink);
        sink.checkWhole();
      },
      () => {
        const moved = writer.position >= tried + LEAST_PROGRESS_BYTES;
        if (moved) tried = writer.position;
        return moved;
      },
    );
    writer.flush();
  } finally {
    writer.close();
  }
  return checksum ? checksum.digest() : Buffer.alloc(0);
}
