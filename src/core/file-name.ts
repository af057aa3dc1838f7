import { isUtf8 } from 'node:buffer';

/** Bytes that are no UTF-8 stand in a name as these code units, as Python's `surrogateescape` has them. */
const ESCAPE = 0xdc00;
const LONGEST_CHARACTER = 4;

/**
 * A file's name as a string. Names are bytes on Linux; those that are no UTF-8 become lone surrogates, so that
 * {@link fileNameBytes} gives back the very bytes, and two names never become one.
 */
export function decodeFileName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    name +=
      length === 0
        ? String.fromCharCode(ESCAPE + (bytes[at] as number))
        : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return name;
}

/** 0 where no character begins. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= LONGEST_CHARACTER && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

/** The bytes of a name of {@link decodeFileName}. */
export function fileNameBytes(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  return Buffer.concat(Array.from(name, (character) => characterBytes(character)));
}

function characterBytes(character: string): Buffer {
  const byte = escapedByte(character);
  return byte === undefined ? Buffer.from(character) : Buffer.of(byte);
}

function escapedByte(character: string): number | undefined {
  const byte = character.charCodeAt(0) - ESCAPE;
  return character.length === 1 && byte >= 0x80 && byte <= 0xff ? byte : undefined;
}

/** A path for the functions of `node:fs`: text where it is UTF-8, else its bytes. */
export function filePath(path: string): string | Buffer {
  return path.isWellFormed() ? path : fileNameBytes(path);
}

/** Whether a name can be the key of an object, which is UTF-8. */
export function isTextName(name: string): boolean {
  return name.isWellFormed();
}

/** A name as messages show it: on one line, and `\xe9` for a byte that is no UTF-8. */
export function showFileName(name: string): string {
  return Array.from(name, (character) => {
    const byte = escapedByte(character);
    if (byte !== undefined) return `\\x${byte.toString(16)}`;
    return character < ' ' || character === '\u007f' ? JSON.stringify(character).slice(1, -1) : character;
  }).join('');
}
