import type { RunningChecksum } from '../checksums/checksum.ts';
import type { GetOptions, ObjectContent, ObjectHead } from '../store.ts';
import { type AskedObject, checkAnswer } from './check-answer.ts';
import {
  type GivenChecksum,
  readGivenChecksum,
  startGivenChecksum,
  verifyChecksum,
} from './object-checksum.ts';
import { readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import { PieceQueue } from './piece-queue.ts';
import { retryMismatch } from './retry-mismatch.ts';
import type { S3Connection } from './s3-connection.ts';
import { BrokenTransfer, LEAST_PROGRESS_BYTES, type S3Headers, type S3Request } from './s3-request.ts';

/** An object of this size is verified before its first byte is given on, and brought again where it is damaged. */
const HELD_BYTES = 4 * 1024 * 1024;

/**
 * Opens an object for reading. A connection that breaks or stalls is taken up again at the byte where it stopped, and
 * only while the object is still the same. Its bytes are held against the checksum that the store gives for the whole.
 */
export async function readObject(
  connection: S3Connection,
  bucket: string,
  key: string,
  options: GetOptions,
): Promise<ObjectContent> {
  const first = new Reading(connection, bucket, key, options);
  const head = await first.head;
  if (!first.isVerified || head.size > HELD_BYTES) return { ...head, body: first.read() };
  return { ...head, body: readHeld() };

  async function* readHeld(): AsyncGenerator<Uint8Array> {
    let next: Reading | undefined = first;
    yield* await retryMismatch(options.signal, () => {
      const reading = next ?? new Reading(connection, bucket, key, { ...options, ifMatch: head.etag });
      next = undefined;
      return Array.fromAsync(reading.read());
    });
  }
}

class Reading {
  readonly head: Promise<ObjectHead>;
  readonly #queue: PieceQueue;
  readonly #stop = new AbortController();
  readonly #connection: S3Connection;
  readonly #request: S3Request;
  readonly #options: GetOptions;
  readonly #opened = Promise.withResolvers<ObjectHead>();
  #first: ObjectHead | undefined;
  #position: number;
  /** The place after the last wanted byte. */
  #end = Number.POSITIVE_INFINITY;
  #tried: number;
  #given: GivenChecksum | undefined;
  #checksum: Promise<RunningChecksum | undefined> | undefined;

  constructor(connection: S3Connection, bucket: string, key: string, options: GetOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#position = options.range?.start ?? 0;
    this.#tried = this.#position;
    this.head = this.#opened.promise;
    this.head.catch(() => undefined);
    this.#queue = new PieceQueue(() => this.#stop.abort());
    const signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
    this.#request = { method: 'GET', bucket, key, signal };
    this.#run().then(
      () => this.#queue.end(),
      (error: unknown) => {
        this.#opened.reject(error);
        this.#queue.end(error);
      },
    );
  }

  /** Whether the store gives a checksum; known with the head. */
  get isVerified(): boolean {
    return this.#given !== undefined;
  }

  /** The bytes; at their end they are held against the checksum that the store gave. */
  async *read(): AsyncGenerator<Uint8Array> {
    await this.head;
    const checksum = await this.#checksum;
    for await (const piece of this.#queue.read()) {
      checksum?.update(piece);
      yield piece;
    }
    const { bucket, key } = this.#request;
    if (checksum && this.#given) verifyChecksum(bucket, key, this.#given, await checksum.digest());
  }

  async #startChecksum(head: ObjectHead, given: GivenChecksum): Promise<RunningChecksum | undefined> {
    const partBytes = await findPartSize(this.#connection, this.#request, head, given);
    return partBytes === undefined ? undefined : startGivenChecksum(given, partBytes);
  }

  async #run(): Promise<void> {
    await this.#connection.retry(
      this.#request,
      () => this.#attempt(),
      () => {
        const moved = this.#position >= this.#tried + LEAST_PROGRESS_BYTES;
        if (moved) this.#tried = this.#position;
        return moved;
      },
    );
  }

  async #attempt(): Promise<void> {
    if (this.#position >= this.#end) return;
    const asked = this.#asked();
    await this.#connection.exchange(
      { ...this.#request, headers: requestHeaders(asked) },
      {
        onHead: (headers, status) => this.#onHead(asked, headers, status),
        onData: (piece, resume) => {
          if (this.#position + piece.length > this.#end)
            throw new BrokenTransfer(`more bytes come than the ${this.#end} that the object has`);
          this.#position += piece.length;
          return this.#queue.push(piece, resume);
        },
      },
    );
    if (this.#position < this.#end)
      throw new BrokenTransfer(`the answer ended at byte ${this.#position} of ${this.#end}`);
  }

  /** The whole, or what is still wanted of it: of the version that came first, or of the one that was asked for. */
  #asked(): AskedObject {
    const { range, ifMatch, size } = this.#options;
    const { bucket, key } = this.#request;
    const isWhole = !range && this.#position === 0;
    return {
      bucket,
      key,
      range: isWhole ? undefined : { start: this.#position, end: range?.end },
      etag: this.#first?.etag ?? ifMatch,
      size: this.#first?.size ?? size,
    };
  }

  #onHead(asked: AskedObject, headers: S3Headers, status: number): void {
    const { length, size } = checkAnswer(asked, headers, status);
    if (this.#first) return;
    const head = { ...readObjectHead(headers), size };
    this.#first = head;
    this.#end = this.#position + length;
    this.#given = this.#options.range ? undefined : readGivenChecksum(headers);
    this.#checksum = this.#given && this.#startChecksum(head, this.#given);
    this.#checksum?.catch(() => undefined);
    this.#opened.resolve(head);
  }
}

function requestHeaders({ range, etag }: AskedObject): Record<string, string> {
  return {
    ...(range ? { range: `bytes=${range.start}-${range.end ?? ''}` } : { 'x-amz-checksum-mode': 'ENABLED' }),
    ...(etag === undefined || etag === '' ? {} : { 'if-match': etag }),
  };
}
