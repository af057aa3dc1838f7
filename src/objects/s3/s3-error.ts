import { type ErrorCode } from '../../core/error-codes.ts';
import { SluiceError } from '../../core/errors.ts';

/** An answer of S3 that is no success. */
export interface S3Failure {
  readonly status: number;
  /** S3's own code, `NoSuchKey`; empty where the answer has no body, as to HEAD. */
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
}

const codes: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'NoSuchKey',
  NoSuchBucket: 'NoSuchBucket',
  NoSuchUpload: 'NoSuchUpload',
  AccessDenied: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  InvalidAccessKeyId: 'AccessDenied',
  SignatureDoesNotMatch: 'AccessDenied',
  ExpiredToken: 'AccessDenied',
  InvalidToken: 'AccessDenied',
  PreconditionFailed: 'PreconditionFailed',
  ConditionalRequestConflict: 'PreconditionFailed',
  InvalidRange: 'InvalidRange',
  BadDigest: 'ChecksumMismatch',
  XAmzContentSHA256Mismatch: 'ChecksumMismatch',
  InvalidPart: 'InvalidPart',
  InvalidPartOrder: 'InvalidPart',
  BucketNotEmpty: 'BucketNotEmpty',
  KeyTooLongError: 'KeyTooLong',
  InvalidObjectState: 'AccessDenied',
};

const statuses: Readonly<Record<number, ErrorCode>> = {
  401: 'AccessDenied',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
};

/** What S3 answered, as an error that names the object. */
export function s3Error(failure: S3Failure, bucket: string, key: string, cause?: unknown): SluiceError {
  const code =
    codes[failure.code] ??
    statuses[failure.status] ??
    (failure.status >= 500 ? 'StoreUnavailable' : 'InvalidArgument');
  const said = [failure.code, failure.message].filter(Boolean).join(': ') || `HTTP status ${failure.status}`;
  return new SluiceError(code, `s3://${bucket}/${key}: ${said}`, {
    ...(cause === undefined ? {} : { cause }),
    ...(code === 'AccessDenied' && {
      hint: 'Check the AWS credentials, and that their policy allows s3:GetObject, s3:PutObject and s3:ListBucket here.',
    }),
    details: { bucket, key, ...(failure.requestId && { requestId: failure.requestId }) },
  });
}

/** Answers after which the same request may succeed. */
export function isTransient({ status, code }: S3Failure): boolean {
  return status >= 500 || status === 429 || status === 408 || transientCodes.has(code);
}

const transientCodes = new Set([
  'SlowDown',
  'RequestTimeout',
  'InternalError',
  'ServiceUnavailable',
  'Throttling',
  'OperationAborted',
]);
