import { decodeFileName, fileNameBytes } from '../../core/file-name.ts';

/** A tar archive's blocks, bytes. */
export const BLOCK_BYTES = 512;

/** An archive that no tar reads. */
export class ArchiveError extends Error {}

/** A header as it stands in a block. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  /** Bytes in the archive. */
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
  readonly linkName: string;
}

/** Where the fields of a header are: first byte and length. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
  sparse: [386, 96],
  isExtended: [482, 1],
  realSize: [483, 12],
} as const;
const MAGIC = { posix: 'ustar\0', gnu: 'ustar  \0' };
const BASE_256 = 0x80;
/** How bytes begin that mean a number below zero: a time before 1970, which counts as none. */
const NEGATIVE = 0xff;

/** Reads a header. @throws ArchiveError */
export function parseHeader(block: Buffer): TarHeader {
  if (!hasChecksum(block)) throw new ArchiveError('a header is damaged: its checksum is wrong');
  const posix = block.toString('latin1', FIELD.magic[0], FIELD.magic[0] + 6) === MAGIC.posix;
  const prefix = posix ? textAt(block, FIELD.prefix) : '';
  const name = textAt(block, FIELD.name);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[FIELD.type[0]] as number),
    mode: numberAt(block, FIELD.mode),
    size: numberAt(block, FIELD.size),
    mtime: block[FIELD.mtime[0]] === NEGATIVE ? 0 : numberAt(block, FIELD.mtime),
    linkName: textAt(block, FIELD.linkName),
  };
}

/** What a header of GNU's own sparse files says beside. */
export function sparseFields(block: Buffer): {
  readonly places: Buffer;
  readonly isExtended: boolean;
  readonly realSize: number;
} {
  const [at, length] = FIELD.sparse;
  return {
    places: block.subarray(at, at + length),
    isExtended: block[FIELD.isExtended[0]] !== 0,
    realSize: numberAt(block, FIELD.realSize),
  };
}

/** A number of a header: octal digits, or bytes. @throws ArchiveError */
export function numberAt(block: Buffer, [at, length]: readonly [number, number]): number {
  const field = block.subarray(at, at + length);
  const value = (field[0] as number) & BASE_256 ? base256(field) : octal(field);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ArchiveError('a header is damaged: it holds a number that is none');
}

function octal(field: Buffer): number {
  const text = (field.toString('latin1').split('\0', 1)[0] as string).trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function base256(field: Buffer): number {
  if (field[0] === NEGATIVE) return Number.NaN;
  return field.reduce((value, byte, index) => value * 256 + (index === 0 ? byte & 0x7f : byte), 0);
}

function textAt(block: Buffer, [at, length]: readonly [number, number]): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decodeFileName(end < 0 ? field : field.subarray(0, end));
}

function hasChecksum(block: Buffer): boolean {
  const [at, length] = FIELD.checksum;
  const text = (block.toString('latin1', at, at + length).split('\0', 1)[0] as string).trim();
  return /^[0-7]+$/.test(text) && Number.parseInt(text, 8) === checksum(block);
}

/** The sum of a header's bytes, where its own field counts as spaces. */
function checksum(block: Buffer): number {
  const [at, length] = FIELD.checksum;
  let sum = 0;
  for (let index = 0; index < BLOCK_BYTES; index++)
    sum += index >= at && index < at + length ? 0x20 : (block[index] as number);
  return sum;
}

/** What a header is made of. Names longer than its fields are cut: GNU's own entries before it hold them whole. */
export interface NewHeader extends Omit<TarHeader, 'linkName'> {
  readonly linkName?: string;
  /** Of a sparse file: its size, and the first places of its data. */
  readonly sparse?: {
    readonly realSize: number;
    readonly places: Buffer;
    readonly isExtended: boolean;
  };
}

/** Writes a header in GNU's form, which every tar reads. */
export function formatHeader(header: NewHeader): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  put(block, FIELD.name, fileNameBytes(header.name));
  put(block, FIELD.linkName, fileNameBytes(header.linkName ?? ''));
  block.write(header.type, FIELD.type[0], 'latin1');
  block.write(MAGIC.gnu, FIELD.magic[0], 'latin1');
  for (const field of ['mode', 'size', 'mtime'] as const) putNumber(block, FIELD[field], header[field]);
  putNumber(block, FIELD.uid, 0);
  putNumber(block, FIELD.gid, 0);
  if (header.sparse) {
    put(block, FIELD.sparse, header.sparse.places);
    block[FIELD.isExtended[0]] = header.sparse.isExtended ? 1 : 0;
    putNumber(block, FIELD.realSize, header.sparse.realSize);
  }
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, FIELD.checksum[0], 'latin1');
  return block;
}

function put(block: Buffer, [at, length]: readonly [number, number], bytes: Buffer): void {
  bytes.copy(block, at, 0, Math.min(length, bytes.length));
}

/** Writes a number: octal digits where they fit, else bytes. */
export function putNumber(block: Buffer, [at, length]: readonly [number, number], value: number): void {
  const digits = Math.max(0, Math.floor(value)).toString(8);
  if (digits.length < length) {
    block.write(digits.padStart(length - 1, '0'), at, 'latin1');
    return;
  }
  block[at] = BASE_256;
  for (let rest = BigInt(Math.floor(value)), index = at + length - 1; index > at; index--, rest >>= 8n)
    block[index] = Number(rest & 0xffn);
}

/** The bytes that fill a block up after so many. */
export function padding(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}
