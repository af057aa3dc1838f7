import { SluiceError } from '../../core/errors.ts';

/** What must hold of the object that a write would replace. */
export interface WriteConditions {
  /** An ETag in quotes, or `*` for any object. */
  readonly ifMatch?: string;
  /** `*`: there must be no object. */
  readonly ifNoneMatch?: string;
}

/** @throws SluiceError `PreconditionFailed`, `NoSuchKey` where what is there does not fit. */
export function checkConditions(
  bucket: string,
  key: string,
  etag: string | undefined,
  { ifMatch, ifNoneMatch }: WriteConditions,
): void {
  if (ifNoneMatch !== undefined && etag !== undefined && (ifNoneMatch === '*' || ifNoneMatch === etag)) {
    throw preconditionFailed(bucket, key, 'exists', 'If-None-Match');
  }
  if (ifMatch === undefined) return;
  if (etag === undefined) throw new SluiceError('NoSuchKey', `There is no object s3://${bucket}/${key}.`);
  if (ifMatch !== '*' && ifMatch !== etag)
    throw preconditionFailed(bucket, key, `has ETag ${etag}, not ${ifMatch}`, 'If-Match');
}

/** A condition of a request that does not hold. */
export function preconditionFailed(
  bucket: string,
  key: string,
  what: string,
  condition: 'If-Match' | 'If-None-Match',
): SluiceError {
  return new SluiceError('PreconditionFailed', `s3://${bucket}/${key} ${what}.`, {
    details: { bucket, key, condition },
  });
}
