import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

/** Bytes compressed as one piece of work. */
const BLOCK_BYTES = 1024 * 1024;
/** How far back deflate can refer: the end of each block is the dictionary of the next. */
const WINDOW_BYTES = 32 * 1024;
/** Node's own pool has four threads unless UV_THREADPOOL_SIZE says otherwise; one block more waits for each. */
const AT_ONCE = 5;

/** An empty last block of fixed codes: ends the stream of blocks that were each flushed. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);

/**
 * Compresses a stream as one plain gzip member, several blocks at once on Node's thread pool. The order is kept and
 * only the blocks at work are in memory.
 *
 * Source: RFC 1951 and RFC 1952. Each block is deflated by itself, with the end of the one before as its dictionary,
 * and flushed to a byte boundary, so that the blocks can be joined.
 */
export async function* gzipParallel(
  source: AsyncIterable<Uint8Array>,
  { level = 6 }: { readonly level?: number } = {},
): AsyncGenerator<Uint8Array> {
  const working: Promise<Uint8Array>[] = [];
  let crc = 0;
  let length = 0;
  let dictionary: Uint8Array | undefined;
  yield HEADER;
  for await (const block of blocks(source)) {
    crc = crc32(block, crc);
    length += block.length;
    const work = deflateBlock(block, level, dictionary);
    // A rejection is seen when its turn comes.
    work.catch(() => undefined);
    working.push(work);
    dictionary = block.subarray(-WINDOW_BYTES);
    if (working.length >= AT_ONCE) yield await (working.shift() as Promise<Uint8Array>);
  }
  for (const work of working) yield await work;
  yield LAST_BLOCK;
  yield trailer(crc, length);
}

async function deflateBlock(
  block: Uint8Array,
  level: number,
  dictionary: Uint8Array | undefined,
): Promise<Uint8Array> {
  const deflated = await deflate(block, {
    level,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for the whole result, also where it grows.
    chunkSize: BLOCK_BYTES + BLOCK_BYTES / 16,
    ...(dictionary && { dictionary }),
  });
  // A small result would hold on to all the room that was made for it, for as long as it waits to be written.
  return deflated.length < BLOCK_BYTES / 2 ? Buffer.from(deflated) : deflated;
}

function trailer(crc: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length % 2 ** 32, 4);
  return bytes;
}

/** The same bytes in blocks of one size; the last may be shorter. */
async function* blocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  for await (const piece of source) {
    for (let done = 0; done < piece.length; ) {
      const part = piece.subarray(done, done + BLOCK_BYTES - filled);
      block.set(part, filled);
      filled += part.length;
      done += part.length;
      if (filled < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.allocUnsafe(BLOCK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
