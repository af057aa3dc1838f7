/**
 * The `aws-chunked` encoding of bodies: chunks with or without signatures, and headers that come after them.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
 */
import { createHash, type Hash } from 'node:crypto';
import { signChunk } from '../../core/sigv4.ts';
import { sameBytes } from '../wire/same-bytes.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** No line of the framing is longer. */
const LINE_LIMIT_BYTES = 16 * 1024;

/** Takes the framing off. Trailing headers are put into `trailers`, by their lower-case names. */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
  signature: S3Call['signature'],
): AsyncGenerator<Buffer> {
  const input = new ByteReader(source);
  const signatures = signature && new ChunkSignatures(signature);
  for (;;) {
    const [length = '', ...extensions] = (await input.line()).split(';');
    if (!/^[0-9a-f]{1,12}$/i.test(length))
      throw new S3Error('IncompleteBody', 'A chunk of the body has no valid length.');
    const size = Number.parseInt(length, 16);
    signatures?.begin();
    for await (const piece of input.bytes(size)) {
      signatures?.update(piece);
      yield piece;
    }
    signatures?.end(extensions);
    if (size === 0) break;
    if ((await input.line()) !== '')
      throw new S3Error('IncompleteBody', 'A chunk of the body does not end where it says.');
  }
  await readTrailers(input, trailers);
  signatures?.endTrailers(trailers);
}

async function readTrailers(input: ByteReader, trailers: Map<string, string>): Promise<void> {
  for (let line = await input.line(true); line !== ''; line = await input.line(true)) {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    trailers.set(name.trim().toLowerCase(), value.trim());
    if (trailers.size > 100) throw new S3Error('InvalidRequest', 'The body has too many trailing headers.');
  }
}

/** Follows the chain of signatures from chunk to chunk. */
class ChunkSignatures {
  readonly #signature: NonNullable<S3Call['signature']>;
  #previous: string;
  #hash: Hash | undefined;

  constructor(signature: NonNullable<S3Call['signature']>) {
    this.#signature = signature;
    this.#previous = signature.signature;
  }

  begin(): void {
    this.#hash = createHash('sha256');
  }

  update(piece: Buffer): void {
    this.#hash?.update(piece);
  }

  end(extensions: readonly string[]): void {
    const given = extensions
      .find((extension) => extension.startsWith('chunk-signature='))
      ?.slice('chunk-signature='.length);
    this.#check('PAYLOAD', given, this.#hash?.digest('hex') ?? '');
  }

  endTrailers(trailers: Map<string, string>): void {
    const given = trailers.get('x-amz-trailer-signature');
    if (trailers.size === 0) return;
    const text = [...trailers]
      .filter(([name]) => name !== 'x-amz-trailer-signature')
      .map(([name, value]) => `${name}:${value}\n`);
    this.#check('TRAILER', given, createHash('sha256').update(text.join('')).digest('hex'));
  }

  #check(kind: 'PAYLOAD' | 'TRAILER', given: string | undefined, hash: string): void {
    const { date, scope, key } = this.#signature;
    const expected = signChunk(
      kind,
      { date, scope, secret: key.secretAccessKey, previous: this.#previous },
      hash,
    );
    if (given === undefined || !sameBytes(given, expected)) throw new S3Error('SignatureDoesNotMatch');
    this.#previous = expected;
  }
}

/** Reads lines and runs of bytes off a stream, without copying the bytes. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to CRLF, which is taken too. At the end of the stream, an empty line where `endAllowed`. */
  async line(endAllowed = false): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > LINE_LIMIT_BYTES)
        throw new S3Error('InvalidRequest', 'A line of the body is too long.');
      const piece = await this.#next();
      if (piece) this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
      else if (endAllowed && this.#rest.length === 0) return '';
      else throw new S3Error('IncompleteBody');
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const piece = await this.#next();
        if (!piece) throw new S3Error('IncompleteBody');
        this.#rest = piece;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { done, value } = await this.#source.next();
    return done ? undefined : value;
  }
}
