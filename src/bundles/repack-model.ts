import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { ArchiveError, BLOCK_BYTES, padding, readTar, type TarEntry, tarHeaders } from '../channels/index.ts';
import { SluiceError, systemErrorCode } from '../core/errors.ts';

/** Where a model's archive has its code. */
const CODE = 'code/';

const TYPES = { file: '0', directory: '5', symlink: '2', hardlink: '1' } as const;

/** Zeros are written in pieces. Bytes. */
const PIECE_BYTES = 1 << 16;

/**
 * A model's archive with code in it, in place of the code that it had, as SageMaker's SDK packs one anew: a stream from two
 * streams, all three .tar.gz.
 *
 * @param what whose model it is, for messages
 * @throws SluiceError `InvalidArgument` from the stream, for a model that is no .tar.gz
 */
export function repackModel(
  what: string,
  model: AsyncIterable<Uint8Array>,
  code: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const tar = Readable.from(packed(what, model, code));
  const gzip = createGzip({ level: 1 });
  tar.on('error', (error) => gzip.destroy(error));
  gzip.on('close', () => tar.destroy());
  return tar.pipe(gzip);
}

async function* packed(
  what: string,
  model: AsyncIterable<Uint8Array>,
  code: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const entry of entriesOf(model)) {
      const name = entry.name.replace(/^(?:\.\/)+/, '');
      if (`${name}/`.startsWith(CODE)) continue;
      yield* packedEntry(entry, entry.name);
    }
  } catch (cause) {
    if (!(cause instanceof ArchiveError) && !/^Z_|^ERR_ZLIB/.test(systemErrorCode(cause) ?? '')) throw cause;
    throw new SluiceError('InvalidArgument', `${what}: expected a model.tar.gz; it is none, or damaged.`, {
      cause,
      hint: 'Its script is packed into it for the image. Give a model that is a .tar.gz, or leave the script out.',
    });
  }
  for await (const entry of entriesOf(code)) yield* packedEntry(entry, `${CODE}${entry.name}`);
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

async function* entriesOf(archive: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = Readable.from(archive);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* readTar(source.pipe(gunzip));
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Devices and the like are no part of a model. */
async function* packedEntry(entry: TarEntry, name: string): AsyncGenerator<Uint8Array> {
  const { type, linkName, mode, mtime } = entry;
  if (type === 'special') return;
  const isLink = type === 'symlink' || type === 'hardlink';
  const size = type === 'file' ? entry.size : 0;
  yield* tarHeaders({ name, type: TYPES[type], mode, mtime, size, ...(isLink && { linkName }) });
  if (type !== 'file') return;
  yield* wholeData(entry);
  if (padding(size) > 0) yield Buffer.alloc(padding(size));
}

/** A file with its holes. */
async function* wholeData({ size, parts, data }: TarEntry): AsyncGenerator<Uint8Array> {
  let at = 0;
  let part = 0;
  for await (const piece of data) {
    let rest = piece;
    while (rest.length > 0) {
      const { offset, length } = parts[part] ?? { offset: at, length: rest.length };
      if (at < offset) yield* zeros(offset - at);
      at = Math.max(at, offset);
      const taken = rest.subarray(0, offset + length - at);
      yield taken;
      at += taken.length;
      rest = rest.subarray(taken.length);
      if (at >= offset + length) part++;
    }
  }
  yield* zeros(size - at);
}

function* zeros(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield Buffer.alloc(Math.min(left, PIECE_BYTES));
}
