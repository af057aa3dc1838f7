import { createReadStream } from 'node:fs';
import { type GivenChecksum, startGivenChecksum, verifyChecksum } from './object-checksum.ts';

export interface VerifyOptions {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly given: GivenChecksum;
  /** Of a composite checksum: the size of its parts. */
  readonly partBytes: number;
  readonly signal: AbortSignal;
}

/** Reads a file again and holds it against its object's checksum. @throws SluiceError `ChecksumMismatch` */
export async function verifyFile(
  file: number,
  { bucket, key, size, given, partBytes, signal }: VerifyOptions,
): Promise<void> {
  const running = startGivenChecksum(given, partBytes);
  if (size > 0) {
    const options = {
      fd: file,
      autoClose: false,
      start: 0,
      end: size - 1,
      highWaterMark: 1024 * 1024,
      signal,
    };
    for await (const piece of createReadStream('', options)) running.update(piece as Buffer);
  }
  verifyChecksum(bucket, key, given, await running.digest());
}
