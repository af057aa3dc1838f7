import { SluiceError } from '../../core/errors.ts';
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
  type RunningChecksum,
  startChecksum,
} from '../checksums/checksum.ts';
import { startCompositeChecksum } from '../checksums/composite-checksum.ts';
import { headerText } from './object-headers.ts';
import type { S3Headers } from './s3-request.ts';

/** The checksum that a store gives for an object. */
export interface GivenChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; `…-N` where it is one of parts. */
  readonly value: string;
  /** Of a composite checksum, which is one of the checksums of its parts: how many these are. */
  readonly parts?: number;
}

/**
 * The checksum in an answer for a whole object. Where a store gives none, none is made up of the ETag: S3 itself does not
 * promise that it is an MD5, and gives a checksum for every object that was written since December 2024.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function readGivenChecksum(headers: S3Headers): GivenChecksum | undefined {
  for (const algorithm of checksumAlgorithms) {
    const value = headerText(headers, checksumHeader(algorithm));
    if (value === undefined) continue;
    const parts = /-(\d+)$/.exec(value)?.[1];
    if (parts !== undefined) return { algorithm, value, parts: Number(parts) };
    if (isOfWhole(headers, algorithm)) return { algorithm, value };
  }
  return undefined;
}

/**
 * Whether a checksum without a number of parts is one of all the bytes. S3 says so; of an object in parts, whose ETag ends
 * in their number, some stores give a composite one without a word: such a one is not verified.
 */
function isOfWhole(headers: S3Headers, algorithm: ChecksumAlgorithm): boolean {
  const type = headerText(headers, 'x-amz-checksum-type');
  if (type !== undefined) return type !== 'COMPOSITE';
  return algorithm === 'CRC64NVME' || !/-\d+"?$/.test(headerText(headers, 'etag') ?? '');
}

/** Starts the checksum that is to be compared. @param partBytes of a composite one: the size of the parts. */
export function startGivenChecksum({ algorithm, parts }: GivenChecksum, partBytes: number): RunningChecksum {
  return parts === undefined ? startChecksum(algorithm) : startCompositeChecksum(algorithm, partBytes);
}

/** @throws SluiceError `ChecksumMismatch` */
export function verifyChecksum(bucket: string, key: string, given: GivenChecksum, digest: Buffer): void {
  const computed = digest.toString('base64') + (given.parts === undefined ? '' : `-${given.parts}`);
  if (computed === given.value) return;
  throw new SluiceError(
    'ChecksumMismatch',
    `s3://${bucket}/${key}: its bytes do not fit the checksum that the store gives (${given.algorithm} ${given.value}).`,
    { details: { bucket, key } },
  );
}
