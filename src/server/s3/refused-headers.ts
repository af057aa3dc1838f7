/**
 * Headers that ask for what is not done here. They are refused by name: an upload that asked to be encrypted with the
 * client's key is never kept in clear.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and the other operations' pages there
 * By design: encryption with keys of the client (SSE-C), appending (`x-amz-write-offset-bytes`) and conditions on size and
 * time of a deletion are `NotImplemented`, with the header's name. Object Lock answers as a bucket without it does.
 */
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

const notImplemented = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
  'x-amz-copy-source-server-side-encryption-customer-algorithm',
  'x-amz-copy-source-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key-md5',
  'x-amz-write-offset-bytes',
  'x-amz-if-match-last-modified-time',
  'x-amz-if-match-size',
] as const;

const ofObjectLock = [
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
] as const;

/** @throws S3Error `NotImplemented`, `InvalidRequest`, `AccessDenied` for another account's bucket */
export function refuseHeaders({ header, account }: Pick<S3Call, 'header' | 'account'>): void {
  for (const name of notImplemented) if (header(name) !== undefined) throw notImplementedHeader(name);
  if (ofObjectLock.some((name) => header(name) !== undefined)) throw missingObjectLock();
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const owner = header(name);
    if (owner !== undefined && owner !== account.accountId) throw new S3Error('AccessDenied');
  }
}

/** S3's error for a header whose meaning it does not have. */
export function notImplementedHeader(name: string): S3Error {
  const message = 'A header you provided implies functionality that is not implemented';
  return new S3Error('NotImplemented', message, { Header: name });
}

/** S3's error for Object Lock where the bucket has none, as none has here. */
export function missingObjectLock(): S3Error {
  return new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
}
