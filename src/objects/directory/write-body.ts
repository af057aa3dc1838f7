import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { countBuffer } from '../../core/collect-buffers.ts';
import { holdHeap } from '../../core/steady-heap.ts';
import type { ObjectBody } from '../store.ts';
import { batchBytes, enterWriters } from './batch-size.ts';
import { startThreadMd5, type ThreadMd5 } from './md5-thread.ts';
import type { Fingerprint } from './object-record.ts';

/** A file that was written: what it holds, and what tells it from every other. */
export interface WrittenBody {
  readonly size: number;
  readonly md5: Buffer;
  readonly fingerprint: Fingerprint;
}

/** How to write a body. */
export interface WriteBodyOptions {
  /** Bytes, where known: long bodies are hashed on a thread of their own. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether its MD5 is wanted, which takes longer than writing: without, `md5` is empty. @default true */
  readonly hashed?: boolean;
}

/** Up to here a body is written without waiting for another thread, which would take several times as long. */
const SMALL_BYTES = 64 * 1024;
/** From here on, handing pieces over to the thread costs less than hashing them here. */
const THREAD_FROM_BYTES = 4 * 1024 * 1024;

/**
 * Writes a body into a new file, hashing one piece while the one before is written, and gives it a time of change that
 * no other write has. `body` is read no faster than the disk and the hash take it.
 */
export async function writeBody(
  path: string,
  body: ObjectBody,
  { size: expected = 0, signal, hashed = true }: WriteBodyOptions = {},
): Promise<WrittenBody> {
  const start: Uint8Array[] = [];
  let startBytes = 0;
  let writer: BodyWriter | undefined;
  try {
    for await (const piece of asPieces(body)) {
      signal?.throwIfAborted();
      if (piece.byteLength === 0) continue;
      if (!writer && startBytes + piece.byteLength <= SMALL_BYTES) {
        start.push(piece);
        startBytes += piece.byteLength;
        continue;
      }
      if (!writer) {
        writer = await BodyWriter.open(path, hashed ? startHash(expected) : NO_HASH);
        for (const early of start.splice(0)) await writer.add(early);
      }
      await writer.add(piece);
    }
    return writer ? await writer.finish() : writeSmall(path, start, startBytes);
  } finally {
    await writer?.close();
  }
}

function writeSmall(path: string, pieces: readonly Uint8Array[], size: number): WrittenBody {
  const [only] = pieces;
  const bytes = pieces.length === 1 && only ? only : Buffer.concat(pieces, size);
  const file = openSync(path, 'wx', 0o644);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    const stamp = nextStamp();
    futimesSync(file, stamp, stamp);
    const stats = fstatSync(file, { bigint: true });
    const md5 = hash('md5', bytes, 'buffer');
    return { size, md5, fingerprint: { size: stats.size, mtimeNs: stats.mtimeNs } };
  } finally {
    closeSync(file);
  }
}

/** Writes one batch while the next one comes in. */
class BodyWriter {
  readonly #file: FileHandle;
  readonly #hash: ThreadMd5;
  readonly #leave = enterWriters();
  readonly #heap = holdHeap();
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #size = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle, hash: ThreadMd5) {
    this.#file = file;
    this.#hash = hash;
  }

  static async open(path: string, hash: ThreadMd5): Promise<BodyWriter> {
    return new BodyWriter(await open(path, 'wx', 0o644), hash);
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#batch.push(piece);
    this.#batchBytes += piece.byteLength;
    countBuffer(piece.byteLength);
    if (this.#batchBytes >= batchBytes()) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const [pieces, bytes] = [this.#batch, this.#batchBytes];
    if (bytes === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#size += bytes;
    this.#writing = writeAll(this.#file, pieces, bytes);
    this.#writing.catch(() => undefined);
    await this.#hash.update(pieces);
  }

  async finish(): Promise<WrittenBody> {
    await this.#flush();
    await this.#writing;
    const fingerprint = await stampUnique(this.#file);
    return { size: this.#size, md5: await this.#hash.digest(), fingerprint };
  }

  /** Always to be called. */
  async close(): Promise<void> {
    this.#leave();
    this.#heap[Symbol.dispose]();
    this.#hash.drop();
    await this.#writing.catch(() => undefined);
    await this.#file.close();
  }
}

const NO_HASH: ThreadMd5 = {
  update: async () => undefined,
  digest: async () => Buffer.alloc(0),
  drop: () => undefined,
};

function startHash(bytes: number): ThreadMd5 {
  if (bytes >= THREAD_FROM_BYTES) return startThreadMd5();
  const hash = createHash('md5');
  return {
    update: async (pieces) => {
      for (const piece of pieces) hash.update(piece);
    },
    digest: async () => hash.digest(),
    drop: () => undefined,
  };
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

/** Seconds, in microseconds, as fine as a file time can be set from here; two writes of one process never share one. */
function nextStamp(): number {
  lastStamp = Math.max(Math.floor((performance.timeOrigin + performance.now()) * 1000), lastStamp + 1);
  return lastStamp / 1e6;
}

/** Gives a whole file a time of change that no other write has, and says what it is known by from then on. */
export async function stampUnique(file: FileHandle): Promise<Fingerprint> {
  const stamp = nextStamp();
  await file.utimes(stamp, stamp);
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return { size, mtimeNs };
}
