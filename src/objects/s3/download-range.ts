import { SluiceError } from '../../core/errors.ts';
import { type ChecksumAlgorithm, startChecksum } from '../checksums/checksum.ts';
import { type BlockPool, BlockWriter } from './block-writer.ts';
import { headerText, pin } from './object-headers.ts';
import type { S3Connection } from './s3-connection.ts';
import type { S3Headers } from './s3-request.ts';

/** A part of an object, and where its bytes go. */
export interface ObjectRange {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
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
  { bucket, key, etag, start, end, file, algorithm }: ObjectRange,
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
        const headers = { range: `bytes=${position}-${end - 1}`, ...pin(etag) };
        await connection.exchangeInto(
          { ...request, headers },
          {
            onHead: (answer) => checkRange(answer, { bucket, key, start: position, end }),
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
function checkRange(
  headers: S3Headers,
  { bucket, key, start, end }: Pick<ObjectRange, 'bucket' | 'key' | 'start' | 'end'>,
): void {
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
