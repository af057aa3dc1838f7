import type { BlockSource } from './block-source.ts';
import { ArchiveError, BLOCK_BYTES, numberAt, putNumber, sparseFields } from './tar-header.ts';

/** A part of a sparse file that holds data; between them are zeros. */
export interface DataPart {
  readonly offset: number;
  readonly length: number;
}

/** A sparse file's size and its data, which lies in the archive without the holes. */
export interface SparseMap {
  readonly realSize: number;
  readonly parts: readonly DataPart[];
}

/** More parts are a damaged archive, or an attack on memory. */
const MOST_PARTS = 1_000_000;
const PLACE_BYTES = 12;
const PART_BYTES = 2 * PLACE_BYTES;
const PARTS_OF_HEADER = 4;
const PARTS_OF_EXTENSION = 21;
const IS_EXTENDED_AT = PARTS_OF_EXTENSION * PART_BYTES;

/** The map of GNU's own sparse files (type `S`), which goes on in blocks after the header. */
export async function readOldMap(header: Buffer, source: BlockSource): Promise<SparseMap> {
  const { places, isExtended, realSize } = sparseFields(header);
  const parts = partsIn(places, PARTS_OF_HEADER);
  for (let more = isExtended; more; ) {
    const block = await source.bytes(BLOCK_BYTES);
    parts.push(...partsIn(block, PARTS_OF_EXTENSION));
    checkCount(parts.length);
    more = block[IS_EXTENDED_AT] !== 0;
  }
  return { realSize, parts };
}

function partsIn(block: Buffer, count: number): DataPart[] {
  return Array.from({ length: count }, (_, index) => ({
    offset: numberAt(block, [index * PART_BYTES, PLACE_BYTES]),
    length: numberAt(block, [index * PART_BYTES + PLACE_BYTES, PLACE_BYTES]),
  })).filter(({ length }) => length > 0);
}

/**
 * The map that pax headers tell, if they tell one: GNU's sparse formats 0.0, 0.1 and 1.0.
 *
 * @param header the records of the pax header; a key that comes often has all its values
 * @returns with the bytes that the map itself took from the entry's data
 * @see https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
export async function readPaxMap(
  header: ReadonlyMap<string, readonly string[]>,
  source: BlockSource,
): Promise<{ readonly map: SparseMap; readonly used: number } | undefined> {
  const value = (key: string): string | undefined => header.get(`GNU.sparse.${key}`)?.at(-1);
  const size = value('realsize') ?? value('size');
  if (value('major') === '1') return readMapInData(whole(size), source);
  if (size === undefined) return undefined;
  const numbers = value('map')?.split(',') ?? interleaved(header);
  const map = { realSize: whole(size), parts: pairs(numbers.filter((text) => text !== '').map(whole)) };
  return { map, used: 0 };
}

function interleaved(header: ReadonlyMap<string, readonly string[]>): string[] {
  const lengths = header.get('GNU.sparse.numbytes') ?? [];
  return (header.get('GNU.sparse.offset') ?? []).flatMap((offset, index) => [offset, lengths[index] ?? '']);
}

/** Format 1.0: the map stands before the data, as lines, in whole blocks. */
async function readMapInData(
  realSize: number,
  source: BlockSource,
): Promise<{ readonly map: SparseMap; readonly used: number }> {
  const before = source.taken;
  const lines = linesOf(source);
  const next = async (): Promise<number> => whole((await lines.next()).value ?? undefined);
  const count = await next();
  checkCount(count);
  const numbers: number[] = [];
  while (numbers.length < 2 * count) numbers.push(await next());
  return { map: { realSize, parts: pairs(numbers) }, used: source.taken - before };
}

async function* linesOf(source: BlockSource): AsyncGenerator<string> {
  for (let rest = ''; ; ) {
    const lines = (rest + (await source.bytes(BLOCK_BYTES)).toString('latin1')).split('\n');
    rest = lines.pop() as string;
    if (rest.length > BLOCK_BYTES && lines.length === 0) throw damaged();
    yield* lines;
  }
}

function pairs(numbers: readonly number[]): DataPart[] {
  checkCount(numbers.length / 2);
  return numbers
    .flatMap((offset, index) =>
      index % 2 === 0 ? [{ offset, length: numbers[index + 1] ?? Number.NaN }] : [],
    )
    .filter(({ length }) => length !== 0);
}

/** @throws ArchiveError where the parts are not one after the other, within the file, and as long as its data */
export function checkMap({ realSize, parts }: SparseMap, dataBytes: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of parts) {
    if (!(offset >= end) || !(length > 0)) throw damaged();
    end = offset + length;
    total += length;
  }
  if (end > realSize || total !== dataBytes) throw damaged();
}

/** The blocks of a map in a header of type `S`: what stands in the header, and the blocks after it. */
export function formatOldMap({ realSize, parts }: SparseMap): {
  readonly first: Buffer;
  readonly more: readonly Buffer[];
} {
  // The end, where no data stands, tells the size to programs that count the parts alone.
  const all = [...parts, { offset: realSize, length: 0 }];
  const first = formatParts(all.slice(0, PARTS_OF_HEADER), PARTS_OF_HEADER * PART_BYTES);
  const more: Buffer[] = [];
  for (let at = PARTS_OF_HEADER; at < all.length; at += PARTS_OF_EXTENSION) {
    const block = formatParts(all.slice(at, at + PARTS_OF_EXTENSION), BLOCK_BYTES);
    block[IS_EXTENDED_AT] = at + PARTS_OF_EXTENSION < all.length ? 1 : 0;
    more.push(block);
  }
  return { first, more };
}

function formatParts(parts: readonly DataPart[], bytes: number): Buffer {
  const block = Buffer.alloc(bytes);
  for (const [index, { offset, length }] of parts.entries()) {
    putNumber(block, [index * PART_BYTES, PLACE_BYTES], offset);
    putNumber(block, [index * PART_BYTES + PLACE_BYTES, PLACE_BYTES], length);
  }
  return block;
}

function whole(text: string | undefined): number {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw damaged();
  return value;
}

function checkCount(parts: number): void {
  if (parts > MOST_PARTS) throw new ArchiveError(`a sparse file of more than ${MOST_PARTS} parts`);
}

function damaged(): ArchiveError {
  return new ArchiveError('the map of a sparse file is damaged');
}
