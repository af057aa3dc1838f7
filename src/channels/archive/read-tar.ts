import { decodeFileName } from '../../core/file-name.ts';
import { BlockSource } from './block-source.ts';
import { checkMap, type DataPart, readOldMap, readPaxMap, type SparseMap } from './sparse-map.ts';
import { ArchiveError, parseHeader, type TarHeader } from './tar-header.ts';

/** What an entry of an archive is. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';

/** An entry of an archive. */
export interface TarEntry {
  readonly type: TarEntryType;
  /** As it stands there: it may lead anywhere. */
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  /** Seconds. */
  readonly mtime: number;
  /** Of the file. */
  readonly size: number;
  /** Its parts with data, in their order; what is between them is zeros. */
  readonly parts: readonly DataPart[];
  /** The bytes of the parts, one after the other. To be read before the next entry is asked for, or not at all. */
  readonly data: AsyncIterable<Buffer>;
}

/** A longer name or header is an attack on memory; so are more of them, of one entry or of all together. */
const LONGEST_HEADER_BYTES = 1024 * 1024;
const MOST_HEADER_BYTES = 4 * LONGEST_HEADER_BYTES;
const TYPES: Readonly<Record<string, TarEntryType | undefined>> = {
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'special',
  '4': 'special',
  '5': 'directory',
  '6': 'special',
  D: 'directory',
};

type Pax = Map<string, string[]>;

/** What holds for all entries that follow. */
interface GlobalPax {
  readonly values: Pax;
  /** Of all headers that it comes from. */
  bytes: number;
}

/**
 * The entries of a tar archive: those of POSIX (pax) and of GNU tar, also with sparse files. Names are bytes, as
 * `decodeFileName` makes them.
 *
 * Source: POSIX.1-2017 pax, and "GNU tar: Basic Tar Format" with its sparse formats 0.0, 0.1, 1.0 and that of type `S`.
 * Gaps: archives of several volumes.
 *
 * @throws ArchiveError for one that is damaged or cut short, and what the source throws
 */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new BlockSource(bytes);
  const global: GlobalPax = { values: new Map(), bytes: 0 };
  for (;;) {
    const described = await readHeaders(source, global);
    if (!described) break;
    const { entry, dataBytes } = described;
    const end = source.taken + dataBytes;
    yield entry;
    await source.skip(end - source.taken);
    await source.skipPadding(dataBytes);
  }
  if (source.taken === 0) throw new ArchiveError('it is empty');
  // The end of what it is packed in is looked at too: a broken one is no archive.
  await source.drain();
}

/** The headers of one entry; undefined at the end of the archive. */
async function readHeaders(
  source: BlockSource,
  global: GlobalPax,
): Promise<{ readonly entry: TarEntry; readonly dataBytes: number } | undefined> {
  const pax: Pax = new Map(global.values);
  const long: { name?: string; linkName?: string } = {};
  const start = source.taken;
  for (;;) {
    if (source.taken - start > MOST_HEADER_BYTES) throw tooManyHeaders();
    const block = await source.block();
    if (!block || block.every((byte) => byte === 0)) return undefined;
    const header = parseHeader(block);
    if (header.type === 'x' || header.type === 'X') readPax(await content(header, source), pax);
    else if (header.type === 'g') {
      global.bytes += header.size;
      if (global.bytes > MOST_HEADER_BYTES) throw tooManyHeaders();
      readPax(await content(header, source), global.values, pax);
    } else if (header.type === 'L') long.name = untilNul(await content(header, source));
    else if (header.type === 'K') long.linkName = untilNul(await content(header, source));
    else if (header.type === 'V' || header.type === 'N') await content(header, source);
    else if (header.type === 'M') throw new ArchiveError('it is a part of an archive of several volumes');
    else return describe(block, header, { pax, long, source });
  }
}

async function describe(
  block: Buffer,
  header: TarHeader,
  { pax, long, source }: { pax: Pax; long: { name?: string; linkName?: string }; source: BlockSource },
): Promise<{ readonly entry: TarEntry; readonly dataBytes: number }> {
  const last = (key: string): string | undefined => pax.get(key)?.at(-1);
  const size = paxNumber(last('size')) ?? header.size;
  const name = last('GNU.sparse.name') ?? last('path') ?? long.name ?? header.name;
  const type = typeOf(header.type, name);
  // What links and directories have for a size is none of what follows.
  const stored = type === 'file' || type === 'special' || header.type === 'D' ? size : 0;
  const { map, dataBytes } = await sparseMap(block, header, pax, stored, source);
  const entry: TarEntry = {
    type,
    name,
    linkName: last('linkpath') ?? long.linkName ?? header.linkName,
    mode: header.mode,
    mtime: Math.max(0, Math.floor(Number(last('mtime') ?? header.mtime))) || 0,
    size: map?.realSize ?? stored,
    parts: map?.parts ?? (stored > 0 ? [{ offset: 0, length: stored }] : []),
    data: source.pieces(dataBytes),
  };
  return { entry, dataBytes };
}

function typeOf(type: string, name: string): TarEntryType {
  const known = TYPES[type];
  if (known) return known;
  // So did archives before POSIX mark a directory.
  return type === '\0' && name.endsWith('/') ? 'directory' : 'file';
}

async function sparseMap(
  block: Buffer,
  header: TarHeader,
  pax: Pax,
  stored: number,
  source: BlockSource,
): Promise<{ readonly map: SparseMap | undefined; readonly dataBytes: number }> {
  if (header.type === 'S') {
    const map = await readOldMap(block, source);
    checkMap(map, stored);
    return { map, dataBytes: stored };
  }
  const found = await readPaxMap(pax, source);
  if (!found) return { map: undefined, dataBytes: stored };
  const dataBytes = stored - found.used;
  checkMap(found.map, dataBytes);
  return { map: found.map, dataBytes };
}

async function content({ size }: TarHeader, source: BlockSource): Promise<Buffer> {
  if (size > LONGEST_HEADER_BYTES)
    throw new ArchiveError(`a name or a header of more than ${LONGEST_HEADER_BYTES} bytes`);
  const bytes = await source.bytes(size);
  await source.skipPadding(size);
  return bytes;
}

function tooManyHeaders(): ArchiveError {
  return new ArchiveError(`names and headers of more than ${MOST_HEADER_BYTES} bytes`);
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return decodeFileName(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Records `<length> <key>=<value>\n`, where the length counts the whole record. */
function readPax(bytes: Buffer, ...into: readonly Pax[]): void {
  const found: Pax = new Map();
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    if (
      !/^\d{1,8}$/.test(digits) ||
      equals < 0 ||
      equals >= end ||
      end > bytes.length ||
      bytes[end - 1] !== 0x0a
    )
      throw new ArchiveError('an extended header is damaged');
    const key = bytes.toString('utf8', space + 1, equals);
    const values = found.get(key) ?? [];
    values.push(decodeFileName(bytes.subarray(equals + 1, end - 1)));
    found.set(key, values);
    at = end;
  }
  for (const target of into) for (const [key, values] of found) target.set(key, values);
}

function paxNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new ArchiveError('an extended header is damaged');
}
