import { type ChecksumAlgorithm, checksumAlgorithms } from '../../objects/checksums/index.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** The checksum that a request wants to be computed. @throws S3Error `InvalidRequest` */
export function readAlgorithm(call: S3Call): ChecksumAlgorithm | undefined {
  const named = call.header('x-amz-checksum-algorithm')?.toUpperCase();
  if (named === undefined) return undefined;
  const found = checksumAlgorithms.find((one) => one === named);
  if (found) return found;
  throw new S3Error(
    'InvalidRequest',
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${checksumAlgorithms.join(', ')}]`,
  );
}
