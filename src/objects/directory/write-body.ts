import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { ObjectBody } from '../store.ts';

/** Bytes that are written at once. */
const BATCH_BYTES = 1024 * 1024;

/** Bytes written, and their MD5. */
export interface WrittenBody {
  readonly size: number;
  readonly md5: Buffer;
}

/**
 * Writes a body into a new file, hashing one piece while the one before is written, and gives it a time of change that
 * no other write has.
 */
export async function writeBody(path: string, body: ObjectBody, signal?: AbortSignal): Promise<WrittenBody> {
  const file = await open(path, 'wx', 0o644);
  try {
    const md5 = createHash('md5');
    const size = await writePieces(file, asPieces(body), md5, signal);
    await stampUnique(file);
    return { size, md5: md5.digest() };
  } finally {
    await file.close();
  }
}

async function writePieces(
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  md5: Hash,
  signal: AbortSignal | undefined,
): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      if (piece.byteLength === 0) continue;
      md5.update(piece);
      batch.push(piece);
      batchBytes += piece.byteLength;
      size += piece.byteLength;
      if (batchBytes < BATCH_BYTES) continue;
      await writing;
      writing = writeAll(file, batch, batchBytes);
      writing.catch(() => undefined);
      batch = [];
      batchBytes = 0;
    }
  } finally {
    await writing;
  }
  if (batchBytes > 0) await writeAll(file, batch, batchBytes);
  return size;
}

/** A write to a full disk may write a part and say so without an error. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], bytes: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces as Uint8Array[]);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let done = 0; done < rest.length; ) done += (await file.write(rest, done)).bytesWritten;
}

function asPieces(body: ObjectBody): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof body === 'string') return [Buffer.from(body)];
  return body instanceof Uint8Array ? [body] : body;
}

let lastStamp = 0;

/** Microseconds, as fine as a file time can be set from here; two writes of one process never share one. */
export async function stampUnique(file: FileHandle): Promise<void> {
  lastStamp = Math.max(Math.floor((performance.timeOrigin + performance.now()) * 1000), lastStamp + 1);
  await file.utimes(lastStamp / 1e6, lastStamp / 1e6);
}
