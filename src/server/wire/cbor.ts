/**
 * CBOR as Smithy's RPC protocol uses it.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc8949 and https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html:
 * timestamps are tag 1. By design: own code, because the decoder of the AWS SDK trusts its peer (large numbers take it
 * for ever); tags other than 1 and simple values other than booleans and null are refused, and all numbers are written as
 * doubles.
 */
import { AwsError } from './aws-error.ts';

const MAX_DEPTH = 64;
const INDEFINITE = 31;
const BREAK = 0xff;

/** The value in CBOR: timestamps are seconds since 1970 and byte strings base64, as in JSON. @throws AwsError `SerializationException` */
export function parseCbor(bytes: Buffer): unknown {
  try {
    const reader = new CborReader(bytes);
    const value = reader.value(0);
    if (reader.atEnd) return value;
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  }
  throw malformed();
}

/** A value as CBOR. Members that are undefined are left out. */
export function formatCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function malformed(): AwsError {
  return new AwsError('SerializationException', 'The request body is not valid CBOR.');
}

/** Reads beyond the end throw RangeError. */
class CborReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new RangeError('too deep');
    const head = this.#bytes.readUInt8(this.#at++);
    const [major, minor] = [head >> 5, head & 31];
    switch (major) {
      case 0:
        return this.#count(minor);
      case 1:
        return -1 - this.#count(minor);
      case 2:
        return this.#chunks(major, minor).toString('base64');
      case 3:
        return this.#chunks(major, minor).toString('utf8');
      case 4:
        return this.#list(minor, depth);
      case 5:
        return this.#map(minor, depth);
      case 6:
        return this.#tagged(minor, depth);
      default:
        return this.#simple(minor);
    }
  }

  /** The number in a head; it may be past 2⁵³, where it is the nearest double. */
  #count(minor: number): number {
    if (minor < 24) return minor;
    const size = [1, 2, 4, 8][minor - 24];
    if (size === undefined) throw new RangeError('no number');
    const at = this.#at;
    this.#at += size;
    return size === 8 ? Number(this.#bytes.readBigUInt64BE(at)) : this.#bytes.readUIntBE(at, size);
  }

  #chunks(major: number, minor: number): Buffer {
    if (minor !== INDEFINITE) return this.#take(this.#count(minor));
    const chunks: Buffer[] = [];
    while (!this.#isBreak()) {
      const head = this.#bytes.readUInt8(this.#at++);
      if (head >> 5 !== major) throw new RangeError('another kind of chunk');
      chunks.push(this.#take(this.#count(head & 31)));
    }
    return Buffer.concat(chunks);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('too short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #list(minor: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let rest = this.#length(minor); rest > 0 && !(rest === Infinity && this.#isBreak()); rest--) {
      items.push(this.value(depth + 1));
    }
    return items;
  }

  #map(minor: number, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let rest = this.#length(minor); rest > 0 && !(rest === Infinity && this.#isBreak()); rest--) {
      const head = this.#bytes.readUInt8(this.#at++);
      if (head >> 5 !== 3) throw new RangeError('a key that is no text');
      entries.push([this.#chunks(3, head & 31).toString('utf8'), this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  /** Every item has a byte at least, so that a length beyond the end is known before anything is made for it. */
  #length(minor: number): number {
    if (minor === INDEFINITE) return Infinity;
    const length = this.#count(minor);
    if (length > this.#bytes.length - this.#at) throw new RangeError('too short');
    return length;
  }

  #tagged(minor: number, depth: number): unknown {
    const tag = this.#count(minor);
    const value = this.value(depth + 1);
    if (tag !== 1 || typeof value !== 'number') throw new RangeError('another tag');
    return value;
  }

  #simple(minor: number): unknown {
    const at = this.#at;
    if (minor === 20 || minor === 21) return minor === 21;
    if (minor === 22 || minor === 23) return null;
    if (minor === 25) return this.#half();
    this.#at += minor === 26 ? 4 : 8;
    if (minor === 26) return this.#bytes.readFloatBE(at);
    if (minor === 27) return this.#bytes.readDoubleBE(at);
    throw new RangeError('another simple value');
  }

  #half(): number {
    const bits = this.#bytes.readUInt16BE(this.#at);
    this.#at += 2;
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  }

  #isBreak(): boolean {
    const isBreak = this.#bytes.readUInt8(this.#at) === BREAK;
    if (isBreak) this.#at++;
    return isBreak;
  }
}

function write(value: unknown, parts: Buffer[]): void {
  if (typeof value === 'number') parts.push(double(value));
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]));
  else if (typeof value === 'string') writeText(value, parts);
  else if (value === null || value === undefined) parts.push(Buffer.from([0xf6]));
  else if (value instanceof Date) parts.push(Buffer.from([0xc1]), double(value.getTime() / 1000));
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const each of value) write(each, parts);
  } else {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    parts.push(head(5, entries.length));
    for (const [key, each] of entries) {
      writeText(key, parts);
      write(each, parts);
    }
  }
}

function writeText(text: string, parts: Buffer[]): void {
  const bytes = Buffer.from(text, 'utf8');
  parts.push(head(3, bytes.length), bytes);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(0xfb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8((major << 5) | 26);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}
