import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { ObjectBody } from '../store.ts';
import { startThreadMd5, type ThreadMd5 } from './md5-thread.ts';

/** Bytes that are written at once. */
const BATCH_BYTES = 1024 * 1024;

/** Bytes written, and their MD5. */
export interface WrittenBody {
  readonly size: number;
  readonly md5: Buffer;
}

/** How to write a body. */
export interface WriteBodyOptions {
  /** Bytes, where known: long bodies are hashed on a thread of their own. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** From here on, handing pieces over to the thread costs less than hashing them here. */
const THREAD_FROM_BYTES = 4 * 1024 * 1024;

/**
 * Writes a body into a new file, hashing one piece while the one before is written, and gives it a time of change that
 * no other write has.
 */
export async function writeBody(
  path: string,
  body: ObjectBody,
  { size: expected = 0, signal }: WriteBodyOptions = {},
): Promise<WrittenBody> {
  const file = await open(path, 'wx', 0o644);
  const hash = expected >= THREAD_FROM_BYTES ? startThreadMd5() : startMd5();
  try {
    const size = await writePieces(file, asPieces(body), hash, signal);
    await stampUnique(file);
    return { size, md5: await hash.digest() };
  } catch (error) {
    hash.drop();
    throw error;
  } finally {
    await file.close();
  }
}

function startMd5(): ThreadMd5 {
  const hash = createHash('md5');
  return {
    update: async (pieces) => {
      for (const piece of pieces) hash.update(piece);
    },
    digest: async () => hash.digest(),
    drop: () => undefined,
  };
}

async function writePieces(
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: ThreadMd5,
  signal: AbortSignal | undefined,
): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async () => {
    if (batchBytes === 0) return;
    await writing;
    const [pieces, bytes] = [batch, batchBytes];
    batch = [];
    batchBytes = 0;
    writing = writeAll(file, pieces, bytes);
    writing.catch(() => undefined);
    await hash.update(pieces);
  };
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      if (piece.byteLength === 0) continue;
      batch.push(piece);
      batchBytes += piece.byteLength;
      size += piece.byteLength;
      if (batchBytes >= BATCH_BYTES) await flush();
    }
    await flush();
  } finally {
    await writing;
  }
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
