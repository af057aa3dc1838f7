import { crc32 } from 'node:zlib';

/** A file of an archive. */
export interface ZipFile {
  /** With `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names are UTF-8. */
const UTF8 = 0x800;
/** The first day that the format knows: the same files give the same archive. */
const DATE = 0x21;
const VERSION = 20;

/**
 * A zip of files as they are: small files of code, which Python imports from there. Pure.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3
 */
export function zipOf(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const title = Buffer.from(name);
    const facts = factsOf(title, bytes);
    const local = Buffer.concat([signature(0x04034b50), facts, title, bytes]);
    directory.push(Buffer.concat([signature(0x02014b50), word(VERSION), facts, central(offset), title]));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, signature(0x06054b50), end]);
}

/** What both headers of a file say. */
function factsOf(title: Buffer, bytes: Uint8Array): Buffer {
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(VERSION, 0);
  facts.writeUInt16LE(UTF8, 2);
  facts.writeUInt16LE(DATE, 8);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(bytes.length, 14);
  facts.writeUInt32LE(bytes.length, 18);
  facts.writeUInt16LE(title.length, 22);
  return facts;
}

/** What the directory says beside: no comment, one disk, and where the file begins. */
function central(offset: number): Buffer {
  const more = Buffer.alloc(14);
  more.writeUInt32LE(offset, 10);
  return more;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
