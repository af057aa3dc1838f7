import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type koffiModule from 'koffi';
import { nativeIsWanted } from '../native.ts';

/**
 * The zlib that Node itself is made of, called through koffi. Node exports it for native modules; its own streams make
 * a new buffer for each piece, and took a third more time than the same zlib with buffers that are used again.
 *
 * Source: zlib.h. The fields of `z_stream` are those of its 64-bit form, which has never changed; zlib checks its size.
 */

const STREAM_BYTES = 112;
const AT = { nextIn: 0, availIn: 8, nextOut: 24, availOut: 32, message: 48 };
/** A window of 32 KiB; nothing else than gzip. */
const GZIP_WINDOW_BITS = 15 + 16;
const Z_OK = 0;
const Z_STREAM_END = 1;
const Z_BUF_ERROR = -5;
/** The first byte of each gzip member. */
const GZIP_MAGIC = 0x1f;

type Koffi = typeof koffiModule;

interface Zlib {
  readonly koffi: Koffi;
  init(stream: Buffer): number;
  inflate(stream: Buffer): number;
  reset(stream: Buffer): number;
  end(stream: Buffer): number;
}

let loaded: Zlib | undefined | null = null;

/** Whether {@link NativeInflate} works here; else there are Node's streams. */
export function canInflateNatively(): boolean {
  if (loaded === null) loaded = tryLoad();
  return loaded !== undefined;
}

function tryLoad(): Zlib | undefined {
  const is64Bit = ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);
  if (!nativeIsWanted() || process.platform !== 'linux' || !is64Bit || endianness() !== 'LE')
    return undefined;
  try {
    const zlib = bind(createRequire(import.meta.url)('koffi') as Koffi);
    const stream = Buffer.alloc(STREAM_BYTES);
    if (zlib.init(stream) !== Z_OK) return undefined;
    zlib.end(stream);
    return zlib;
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): Zlib {
  const node = koffi.load(null);
  const version = node.func('const char *zlibVersion()');
  const init = node.func('int inflateInit2_(void *stream, int bits, const char *version, int size)');
  const inflate = node.func('int inflate(void *stream, int flush)');
  const reset = node.func('int inflateReset(void *stream)');
  const end = node.func('int inflateEnd(void *stream)');
  return {
    koffi,
    init: (stream) => init(stream, GZIP_WINDOW_BITS, version(), STREAM_BYTES) as number,
    inflate: (stream) => inflate(stream, 0) as number,
    reset: (stream) => reset(stream) as number,
    end: (stream) => end(stream) as number,
  };
}

/** What zlib says against the bytes. */
export class InflateError extends Error {}

/** Inflates gzip, of several members too, from one buffer into another, both of which are used again and again. */
export class NativeInflate {
  readonly #zlib: Zlib;
  /** Neither V8 nor Node moves memory of buffers, so zlib may hold addresses within them. */
  readonly #stream = Buffer.alloc(STREAM_BYTES);
  readonly #input: Buffer;
  readonly #inputAddress: bigint;
  readonly #output: Buffer;
  readonly #outputAddress: bigint;
  #inputEnd = 0;
  #isBetweenMembers = false;
  #isAtEnd = false;

  /** Only where {@link canInflateNatively}. Freed by `close`. */
  constructor(input: Buffer, output: Buffer) {
    if (!canInflateNatively() || !loaded) throw new Error('There is no native zlib.');
    this.#zlib = loaded;
    this.#input = input;
    this.#output = output;
    this.#inputAddress = loaded.koffi.address(input);
    this.#outputAddress = loaded.koffi.address(output);
    if (loaded.init(this.#stream) !== Z_OK) throw new Error('zlib has no memory.');
  }

  /** Begins with a new object. */
  reset(): void {
    this.#zlib.reset(this.#stream);
    this.#isBetweenMembers = false;
    this.#isAtEnd = false;
    this.give(0);
  }

  /** All was inflated that belongs to a member; nothing is missing. */
  get isWhole(): boolean {
    return this.#isBetweenMembers || this.#isAtEnd;
  }

  /** All that was given has been taken. */
  get isHungry(): boolean {
    return this.#isAtEnd || this.#stream.readUInt32LE(AT.availIn) === 0;
  }

  /** The first bytes of the input buffer are new. */
  give(bytes: number): void {
    if (bytes > this.#input.length) throw new RangeError('Beyond the end of the input buffer.');
    this.#inputEnd = bytes;
    this.#stream.writeBigUInt64LE(this.#inputAddress, AT.nextIn);
    this.#stream.writeUInt32LE(bytes, AT.availIn);
  }

  /**
   * Inflates into a part of the output buffer.
   *
   * @returns bytes; as many as there is room for, unless it has no more input
   * @throws InflateError
   */
  take(start: number, length: number): number {
    // zlib would write there.
    if (start + length > this.#output.length) throw new RangeError('Beyond the end of the output buffer.');
    if (this.#isBetweenMembers) this.#beginMember();
    if (this.#isAtEnd) return 0;
    this.#stream.writeBigUInt64LE(this.#outputAddress + BigInt(start), AT.nextOut);
    this.#stream.writeUInt32LE(length, AT.availOut);
    const result = this.#zlib.inflate(this.#stream);
    if (result === Z_STREAM_END) this.#isBetweenMembers = true;
    else if (result !== Z_OK && result !== Z_BUF_ERROR) throw new InflateError(this.#message(result));
    return length - this.#stream.readUInt32LE(AT.availOut);
  }

  /** Idempotent. */
  close(): void {
    this.#zlib.end(this.#stream);
  }

  /** Whatever follows the last member is no part of the file, as for gzip. */
  #beginMember(): void {
    const left = this.#stream.readUInt32LE(AT.availIn);
    if (left === 0) return;
    this.#isBetweenMembers = false;
    this.#isAtEnd = this.#input[this.#inputEnd - left] !== GZIP_MAGIC;
    if (!this.#isAtEnd) this.#zlib.reset(this.#stream);
  }

  #message(result: number): string {
    const address = this.#stream.readBigUInt64LE(AT.message);
    const text: unknown = address === 0n ? undefined : this.#zlib.koffi.decode.string(address);
    return typeof text === 'string' ? text : `zlib error ${result}`;
  }
}
