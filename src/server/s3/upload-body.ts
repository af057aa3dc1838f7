/**
 * The body of an upload: framing taken off, length, hashes and checksums verified on the way.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */

import { createHash, type Hash } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
  type RunningChecksum,
  startChecksum,
} from '../../objects/checksums/index.ts';
import type { ObjectChecksum } from '../../objects/directory/index.ts';
import { decodeChunked } from './chunked-body.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** 5 GiB: S3's limit on one upload, in bytes. */
export const UPLOAD_LIMIT_BYTES = 5 * 1024 ** 3;

/** S3's error for an upload above its limit. */
export function tooLarge(sizeBytes: number, limitBytes = UPLOAD_LIMIT_BYTES): S3Error {
  const sizes = { ProposedSize: String(sizeBytes), MaxSizeAllowed: String(limitBytes) };
  return new S3Error('EntityTooLarge', undefined, sizes);
}

/** Reads a request's body, once. */
export class UploadBody implements AsyncIterable<Uint8Array> {
  readonly #call: S3Call;
  readonly #source: AsyncIterable<Uint8Array> | undefined;
  readonly #algorithm: ChecksumAlgorithm | undefined;
  readonly #trailers = new Map<string, string>();
  #checksum: ObjectChecksum | undefined;

  /**
   * @param fallback the algorithm to use where the request names none.
   * @param source where the bytes come from, if they are not the request's own body
   */
  constructor(call: S3Call, fallback?: ChecksumAlgorithm, source?: AsyncIterable<Uint8Array>) {
    this.#call = call;
    this.#source = source;
    this.#algorithm = requestedAlgorithm(call) ?? fallback;
  }

  /** The verified checksum, once the body was read to its end. */
  get checksum(): ObjectChecksum | undefined {
    return this.#checksum;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const running: RunningChecksum | undefined = this.#algorithm && startChecksum(this.#algorithm);
    const sha256 = declaredSha256(this.#call) === undefined ? undefined : createHash('sha256');
    let size = 0;
    for await (const piece of this.#pieces()) {
      running?.update(piece);
      sha256?.update(piece);
      size += piece.length;
      if (size > UPLOAD_LIMIT_BYTES) throw tooLarge(size);
      yield piece;
    }
    this.#checkLength(size);
    this.#checkTrailers();
    this.#checkSha256(sha256);
    if (running) this.#checkChecksum((await running.digest()).toString('base64'));
  }

  /** @throws S3Error `BadDigest`, `InvalidDigest` where the request's Content-MD5 does not fit. */
  checkMd5(md5: Buffer): void {
    const given = this.#call.header('content-md5');
    if (given === undefined) return;
    if (Buffer.from(given, 'base64').length !== 16)
      throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (given !== md5.toString('base64')) {
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
        ExpectedDigest: given,
        CalculatedDigest: md5.toString('base64'),
      });
    }
  }

  #pieces(): AsyncIterable<Uint8Array> {
    if (this.#source) return this.#source;
    const { request, signature } = this.#call;
    const hash = this.#call.header('x-amz-content-sha256') ?? '';
    const chunked =
      hash.startsWith('STREAMING-') || (this.#call.header('content-encoding') ?? '').includes('aws-chunked');
    if (!chunked) return request;
    return decodeChunked(
      request,
      this.#trailers,
      hash.startsWith('STREAMING-AWS4-HMAC') ? signature : undefined,
    );
  }

  #checkLength(size: number): void {
    const declared = this.#call.header('x-amz-decoded-content-length') ?? this.#call.header('content-length');
    if (declared === undefined || Number(declared) === size) return;
    throw new S3Error('IncompleteBody', undefined, {
      NumberBytesExpected: declared,
      NumberBytesProvided: String(size),
    });
  }

  /** Trailing headers that were announced have to come. */
  #checkTrailers(): void {
    const announced = this.#call.header('x-amz-trailer')?.toLowerCase().split(',') ?? [];
    if (announced.some((name) => !this.#trailers.has(name.trim())))
      throw new S3Error('MalformedTrailerError');
  }

  #checkSha256(hash: Hash | undefined): void {
    const computed = hash?.digest('hex');
    const declared = declaredSha256(this.#call);
    if (computed === declared) return;
    throw new S3Error('XAmzContentSHA256Mismatch', undefined, {
      ClientComputedContentSHA256: declared ?? '',
      S3ComputedContentSHA256: computed ?? '',
    });
  }

  #checkChecksum(computed: string): void {
    const algorithm = this.#algorithm as ChecksumAlgorithm;
    const name = checksumHeader(algorithm);
    const given = this.#call.header(name) ?? this.#trailers.get(name);
    if (given !== undefined && given !== computed) {
      throw Buffer.from(given, 'base64').length === Buffer.from(computed, 'base64').length
        ? new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
        : new S3Error('InvalidRequest', `Value for ${name} header is invalid.`);
    }
    this.#checksum = { algorithm, value: computed };
  }
}

/** The algorithm of the request's own checksum, in a header or announced for the trailer. */
function requestedAlgorithm(call: S3Call): ChecksumAlgorithm | undefined {
  const trailer = call.header('x-amz-trailer')?.toLowerCase() ?? '';
  const given = checksumAlgorithms.filter(
    (algorithm) => call.header(checksumHeader(algorithm)) !== undefined,
  );
  if (given.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return (
    given[0] ??
    checksumAlgorithms.find((algorithm) =>
      trailer.split(',').some((name) => name.trim() === checksumHeader(algorithm)),
    ) ??
    checksumAlgorithms.find(
      (algorithm) => algorithm === call.header('x-amz-sdk-checksum-algorithm')?.toUpperCase(),
    )
  );
}

/** The SHA-256 that the request states for its body, unless it says one of the words instead. */
function declaredSha256(call: S3Call): string | undefined {
  const hash = call.header('x-amz-content-sha256');
  return hash !== undefined && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}

/** What a document may have, bytes; those of uploads and deletions name thousands of parts and keys. */
export const DOCUMENT_LIMIT_BYTES = { parts: 4 * 1024 * 1024, keys: 2 * 1024 * 1024, other: 1024 * 1024 };

/** Reads a small body, such as a document, whole. @throws S3Error `MalformedXML` where it is too large. */
export async function readSmallBody(call: S3Call, limitBytes = DOCUMENT_LIMIT_BYTES.other): Promise<string> {
  const body = new UploadBody(call);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > limitBytes) throw new S3Error('MalformedXML');
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  body.checkMd5(createHash('md5').update(whole).digest());
  return whole.toString();
}
