import { SluiceError } from '../../core/errors.ts';
import { type RunningChecksum, startChecksum } from '../checksums/checksum.ts';
import type { GetOptions, ObjectContent } from '../store.ts';
import { readObjectHead, readWholeChecksum } from './object-headers.ts';
import { PieceQueue } from './piece-queue.ts';
import { BrokenTransfer, type S3Connection, type S3Headers, type S3Request } from './s3-connection.ts';

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
  return { ...readObjectHead(await reading.head), body: reading.queue.read() };
}

class Reading {
  readonly queue: PieceQueue;
  readonly head: Promise<S3Headers>;
  readonly #stop = new AbortController();
  readonly #connection: S3Connection;
  readonly #request: S3Request;
  readonly #options: GetOptions;
  readonly #headers = Promise.withResolvers<S3Headers>();
  #first: S3Headers | undefined;
  #position: number;
  #tried = 0;
  #checksum: { readonly running: RunningChecksum; readonly expected: string } | undefined;

  constructor(connection: S3Connection, bucket: string, key: string, options: GetOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#position = options.range?.start ?? 0;
    this.head = this.#headers.promise;
    this.queue = new PieceQueue(() => this.#stop.abort());
    const signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
    this.#request = { method: 'GET', bucket, key, signal };
    this.#run().then(
      () => this.queue.end(),
      (error: unknown) => {
        this.#headers.reject(error);
        this.queue.end(error);
      },
    );
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
    const digest = await this.#checksum?.running.digest();
    if (digest && digest.toString('base64') !== this.#checksum?.expected) {
      const { bucket, key } = this.#request;
      throw new SluiceError(
        'ChecksumMismatch',
        `s3://${bucket}/${key}: its bytes do not fit the checksum that the store gives.`,
      );
    }
  }

  async #attempt(): Promise<void> {
    if (this.#first && this.#position >= this.#end()) return;
    await this.#connection.exchange(
      { ...this.#request, headers: this.#requestHeaders() },
      {
        onHead: (headers, status) => this.#onHead(headers, status),
        onData: (piece, resume) => {
          this.#position += piece.length;
          this.#checksum?.running.update(piece);
          return this.queue.push(piece, resume);
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
    const checksum = this.#options.range ? undefined : readWholeChecksum(headers);
    if (checksum) this.#checksum = { running: startChecksum(checksum.algorithm), expected: checksum.value };
    this.#headers.resolve(headers);
  }

  /** The place after the last wanted byte. */
  #end(): number {
    const { size } = readObjectHead(this.#first as S3Headers);
    return Math.min(size, (this.#options.range?.end ?? Number.POSITIVE_INFINITY) + 1);
  }
}
