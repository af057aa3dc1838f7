import { SluiceError, systemErrorCode } from '../../core/errors.ts';

/** A bucket that cannot be removed. */
export function bucketNotEmpty(bucket: string): SluiceError {
  return new SluiceError('BucketNotEmpty', `The bucket '${bucket}' still holds objects.`, {
    details: { bucket },
  });
}

/** A file system's refusal, in the words of the store. */
export function writeError(error: unknown, bucket: string, key: string): unknown {
  const code = systemErrorCode(error);
  const object = `s3://${bucket}/${key}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SluiceError('DiskFull', `There is no room left to write ${object}.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new SluiceError('AccessDenied', `${object} cannot be written.`, { cause: error });
  }
  return error;
}
