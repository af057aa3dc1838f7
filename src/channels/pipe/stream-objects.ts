import { availableParallelism } from 'node:os';
import { recordHeader, recordPadding } from '../../contract/recordio.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ObjectVerifier } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';
import {
  type ByteRange,
  objectError,
  objectUri,
  readObject,
  type SourceObject,
} from '../source/source-object.ts';
import { Ahead } from './ahead.ts';
import { inflate } from './inflate.ts';

/** What happens to objects on their way. */
export interface StreamOptions {
  readonly gunzip: boolean;
  readonly recordIO: boolean;
  readonly stores: Stores;
  /** On the disk that has room for inflated objects. */
  readonly spillDirectory: string;
  readonly signal: AbortSignal;
  readonly onObject?: (() => void) | undefined;
}

/** A large object is fetched in parts of this size, several at once. */
const PART_BYTES = 4 * 1024 * 1024;
/** Requests that are under way at once, and the bytes that they may hold. */
const REQUESTS_AT_ONCE = 64;
const AHEAD_BYTES = 32 * 1024 * 1024;
const INFLATED_AHEAD_BYTES = 16 * 1024 * 1024;

/**
 * The bytes of objects one after the other, inflated and framed as asked. Objects after the current one are read, and
 * inflated on further cores, ahead of their turn; memory is bounded, whatever their sizes.
 *
 * @throws SluiceError that names the object
 */
export async function* streamObjects(
  objects: AsyncIterable<SourceObject>,
  options: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const cancel = new AbortController();
  const signal = AbortSignal.any([options.signal, cancel.signal]);
  const started = startAhead(parts(objects, { ...options, signal }), { ...options, signal });
  try {
    for await (const { part, ahead } of started) {
      try {
        yield* framed(part, ahead, options);
        if (part.last) options.onObject?.();
      } catch (error) {
        throw objectError(error, part.object);
      } finally {
        await ahead.cancel();
      }
    }
  } finally {
    cancel.abort();
    await started.return(undefined);
  }
}

/** A whole object, or a range of it. */
interface Part {
  readonly object: SourceObject;
  readonly range?: ByteRange;
  readonly first: boolean;
  readonly last: boolean;
  /** Of an object in ranges; a whole one is verified by its store. */
  readonly verifier?: Promise<ObjectVerifier | undefined> | undefined;
}

async function* parts(objects: AsyncIterable<SourceObject>, options: StreamOptions): AsyncGenerator<Part> {
  for await (const object of objects) {
    const { size = 0, etag } = object;
    const isWhole = options.gunzip || size <= PART_BYTES || object.file !== undefined;
    // Ranges of an object whose version is not known could be of two.
    if (isWhole || etag === undefined) yield { object, first: true, last: true };
    else yield* rangesOf(object, { size, etag }, options);
  }
}

function* rangesOf(
  object: SourceObject,
  { size, etag }: { readonly size: number; readonly etag: string },
  { stores, signal }: StreamOptions,
): Generator<Part> {
  const { bucket = '', key = '' } = object;
  const verifier = stores.store(bucket).openVerifier?.(bucket, key, { size, etag, signal });
  verifier?.catch(() => undefined);
  for (let start = 0; start < size; start += PART_BYTES) {
    const end = Math.min(start + PART_BYTES, size) - 1;
    yield { object, range: { start, end }, first: start === 0, last: end === size - 1, verifier };
  }
}

interface StartedPart {
  readonly part: Part;
  readonly ahead: Ahead;
}

/** Starts reading parts before their turn; gives them in order. Ends all that it has started when it is left. */
async function* startAhead(
  source: AsyncGenerator<Part>,
  options: StreamOptions,
): AsyncGenerator<StartedPart> {
  const limits = limitsOf(options);
  const waiting: StartedPart[] = [];
  let reading = 0;
  let heldBytes = 0;
  let ended = false;
  let filling: Promise<void> | undefined;
  const fill = async (): Promise<void> => {
    while (
      !ended &&
      reading < limits.atOnce &&
      heldBytes < AHEAD_BYTES &&
      waiting.length < 2 * limits.atOnce
    ) {
      const { done, value: part } = await source.next();
      ended = done ?? false;
      if (done) return;
      const ahead = new Ahead(partBytes(part, options), aheadOptions(part, limits, options));
      waiting.push({ part, ahead });
      reading++;
      heldBytes += limits.memoryBytes(part);
      void ahead.pumped.finally(() => {
        reading--;
        void refill();
      });
    }
  };
  const refill = (): Promise<void> => {
    filling ??= fill().finally(() => {
      filling = undefined;
    });
    // A failure of the listing is seen when its turn comes.
    filling.catch(() => undefined);
    return filling;
  };
  try {
    for (;;) {
      if (waiting.length === 0) await refill();
      const next = waiting.shift();
      if (!next) return;
      void refill();
      yield next;
      heldBytes -= limits.memoryBytes(next.part);
    }
  } finally {
    ended = true;
    await Promise.all(waiting.map(({ ahead }) => ahead.cancel()));
    await source.return(undefined);
  }
}

interface Limits {
  /** Parts that are being read at the same time. */
  readonly atOnce: number;
  memoryBytes(part: Part): number;
}

function limitsOf({ gunzip }: StreamOptions): Limits {
  const atOnce = gunzip ? availableParallelism() : REQUESTS_AT_ONCE;
  const inflatedBytes = INFLATED_AHEAD_BYTES / (2 * atOnce);
  return {
    atOnce,
    memoryBytes: ({ object: { size = PART_BYTES }, range }) => {
      if (gunzip) return inflatedBytes;
      return range ? range.end - range.start + 1 : Math.min(size, PART_BYTES);
    },
  };
}

/** Where the length is not known before, what is too large for memory waits on the disk. */
function aheadOptions(part: Part, limits: Limits, options: StreamOptions) {
  const spills = options.gunzip || part.object.size === undefined;
  const memoryBytes = Math.max(1, limits.memoryBytes(part));
  return { memoryBytes, ...(spills && { spillDirectory: options.spillDirectory }) };
}

function partBytes({ object, range }: Part, options: StreamOptions): AsyncIterable<Uint8Array> {
  const bytes = readObject(object, options.stores, options.signal, range);
  return options.gunzip && object.text === undefined ? inflate(object, bytes) : bytes;
}

async function* framed(part: Part, ahead: Ahead, options: StreamOptions): AsyncGenerator<Uint8Array> {
  const { object, range } = part;
  const bytes = verified(part, ahead.read());
  if (!options.recordIO) {
    yield* bytes;
    return;
  }
  const length = knownLength(object, options) ?? (await ahead.length());
  if (part.first) yield headerOf(object, length);
  const expected = range ? range.end - range.start + 1 : length;
  let sent = 0;
  for await (const piece of bytes) {
    sent += piece.length;
    if (sent > expected) break;
    yield piece;
  }
  if (sent !== expected) throw changedWhileRead(object);
  if (part.last) yield new Uint8Array(recordPadding(length));
}

/** A piece is given on when the next one is there: the last one of an object once its checksum has been found right. */
async function* verified(part: Part, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const verifier = await part.verifier;
  let last: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (last) yield last;
    verifier?.update(piece);
    last = piece;
  }
  if (part.last) await verifier?.end();
  if (last) yield last;
}

function knownLength({ size, text }: SourceObject, { gunzip }: StreamOptions): number | undefined {
  if (text !== undefined) return Buffer.byteLength(text);
  return gunzip ? undefined : size;
}

/** The header of an object's record. @throws SluiceError `InvalidArgument` that names an object that is too large */
export function headerOf(object: SourceObject, length: number): Uint8Array {
  try {
    return recordHeader(length);
  } catch (error) {
    throw new SluiceError('InvalidArgument', `${objectUri(object)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** @internal */
export function changedWhileRead(object: SourceObject): SluiceError {
  return new SluiceError('PreconditionFailed', `${objectUri(object)} has changed while it was read.`);
}
