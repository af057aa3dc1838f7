import type { RunningChecksum } from '../checksums/checksum.ts';
import type { GetOptions, ObjectContent } from '../store.ts';
import {
  type GivenChecksum,
  readGivenChecksum,
  startGivenChecksum,
  verifyChecksum,
} from './object-checksum.ts';
import { readObjectHead } from './object-headers.ts';
import { findPartSize } from './part-size.ts';
import { PieceQueue } from './piece-queue.ts';
import type { S3Connection } from './s3-connection.ts';
import { BrokenTransfer, type S3Headers, type S3Request } from './s3-request.ts';

/**
 * Opens an object for reading. A connection that breaks or stalls is taken up again at the byte where it stopped, and
 * only while the object is still the same.
 */
export async function readObject(
  connection: S3Connection,
  bucket: string,
  key: string,
  options: GetOptions,
): Promise<ObjectContent> {
  const reading = new Reading(connection, bucket, key, options);
  return { ...readObjectHead(await reading.head), body: reading.read() };
}

class Reading {
  readonly head: Promise<S3Headers>;
  readonly #queue: PieceQueue;
  readonly #stop = new AbortController();
  readonly #connection: S3Connection;
  readonly #request: S3Request;
  readonly #options: GetOptions;
  readonly #headers = Promise.withResolvers<S3Headers>();
  #first: S3Headers | undefined;
  #position: number;
  #tried = 0;
  #given: GivenChecksum | undefined;
  #checksum: Promise<RunningChecksum | undefined> | undefined;

  constructor(connection: S3Connection, bucket: string, key: string, options: GetOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#position = options.range?.start ?? 0;
    this.head = this.#headers.promise;
    this.#queue = new PieceQueue(() => this.#stop.abort());
    const signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
    this.#request = { method: 'GET', bucket, key, signal };
    this.#run().then(
      () => this.#queue.end(),
      (error: unknown) => {
        this.#headers.reject(error);
        this.#queue.end(error);
      },
    );
  }

  /** The bytes; at their end they are held against the checksum that the store gave. */
  async *read(): AsyncGenerator<Uint8Array> {
    const checksum = await this.#checksum;
    for await (const piece of this.#queue.read()) {
      checksum?.update(piece);
      yield piece;
    }
    const { bucket, key } = this.#request;
    if (checksum && this.#given) verifyChecksum(bucket, key, this.#given, await checksum.digest());
  }

  async #startChecksum(headers: S3Headers, given: GivenChecksum): Promise<RunningChecksum | undefined> {
    const partBytes = await findPartSize(this.#connection, this.#request, readObjectHead(headers), given);
    return partBytes === undefined ? undefined : startGivenChecksum(given, partBytes);
  }

  async #run(): Promise<void> {
    await this.#connection.retry(
      this.#request,
      () => this.#attempt(),
      () => {
        const moved = this.#position > this.#tried;
        this.#tried = this.#position;
        return moved;
      },
    );
  }

  async #attempt(): Promise<void> {
    if (this.#first && this.#position >= this.#end()) return;
    await this.#connection.exchange(
      { ...this.#request, headers: this.#requestHeaders() },
      {
        onHead: (headers, status) => this.#onHead(headers, status),
        onData: (piece, resume) => {
          this.#position += piece.length;
          return this.#queue.push(piece, resume);
        },
      },
    );
  }

  #requestHeaders(): Record<string, string> {
    const end = this.#options.range?.end ?? '';
    const etag = this.#first ? readObjectHead(this.#first).etag : this.#options.ifMatch;
    const whole = !this.#options.range && this.#position === 0;
    return {
      ...(whole ? { 'x-amz-checksum-mode': 'ENABLED' } : { range: `bytes=${this.#position}-${end}` }),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    };
  }

  #onHead(headers: S3Headers, status: number): void {
    if (this.#first) {
      if (status !== 206 && this.#position > 0)
        throw new BrokenTransfer('the store does not take up a transfer');
      return;
    }
    this.#first = headers;
    this.#given = this.#options.range ? undefined : readGivenChecksum(headers);
    this.#checksum = this.#given && this.#startChecksum(headers, this.#given);
    this.#checksum?.catch(() => undefined);
    this.#headers.resolve(headers);
  }

  /** The place after the last wanted byte. */
  #end(): number {
    const { size } = readObjectHead(this.#first as S3Headers);
    return Math.min(size, (this.#options.range?.end ?? Number.POSITIVE_INFINITY) + 1);
  }
}
