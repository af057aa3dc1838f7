import type { SqlValue } from '../database.ts';

/** Text may hold NUL, which PostgreSQL's may not: it is kept as this character, which nobody has a use for, and `0`. */
const ESCAPE = '\u{10ffff}';
const toEscape = /[\0\u{10ffff}]/gu;
const escaped = /\u{10ffff}([01])/gu;

// @see https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_type.dat
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const OID = 26;
const FLOAT4 = 700;
const NUMERIC = 1700;
/** The type of a number that no integer can hold: PostgreSQL would take it for what it is compared with. */
export const FLOAT8 = 701;

/** Whether a parameter must be declared as {@link FLOAT8}. */
export function isReal(value: SqlValue): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value);
}

/** A parameter as it goes over the wire: text, or bytes. NaN is NULL, as in SQLite. */
export function encode(value: SqlValue): string | Buffer | null {
  if (typeof value === 'string') {
    // indexOf is what costs least.
    if (value.indexOf('\0') === -1 && value.indexOf(ESCAPE) === -1) return value;
    return value.replace(toEscape, (character) => `${ESCAPE}${character === '\0' ? 0 : 1}`);
  }
  if (value === null || Number.isNaN(value)) return null;
  if (value === undefined) throw new TypeError('A parameter of a statement is undefined.');
  if (typeof value === 'object') return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return String(value);
}

/** Reads a column from its text. */
export type Decode = (text: string) => SqlValue;

/** How columns of a type are read. Numbers are JavaScript's, truth is 0 or 1, and whatever else there is, text. */
export function decoderOf(type: number): Decode {
  switch (type) {
    case INT8:
    case INT4:
    case INT2:
    case OID:
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
      return Number;
    case BOOL:
      return (text) => (text === 't' ? 1 : 0);
    case BYTEA:
      return (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'));
    default:
      return decodeText;
  }
}

function decodeText(text: string): string {
  if (text.indexOf(ESCAPE) === -1) return text;
  return text.replace(escaped, (_, which: string) => (which === '0' ? '\0' : ESCAPE));
}
