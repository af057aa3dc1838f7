/**
 * S3's errors: codes, statuses and messages.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */

import type { ErrorCode } from '../../core/error-codes.ts';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { isPassing } from '../../core/is-passing.ts';

const errors = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header that you provided is not valid.'],
  AuthorizationQueryParametersError: [
    400,
    'The authorization query parameters that you provided are not valid.',
  ],
  BadDigest: [
    400,
    'The Content-MD5 or checksum value that you specified did not match what the server received.',
  ],
  BucketAlreadyOwnedByYou: [
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  ExpiredToken: [400, 'The provided token has expired.'],
  IllegalVersioningConfigurationException: [400, 'The Versioning element must be specified'],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  ],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketAclWithObjectOwnership: [
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidBucketState: [409, 'Object Lock configuration cannot be enabled on existing buckets'],
  IncorrectNumberOfFilesInPostRequest: [400, 'POST requires exactly one file upload per request.'],
  InvalidDigest: [400, 'The Content-MD5 or checksum value that you specified is not valid.'],
  InvalidLocationConstraint: [400, 'The specified location-constraint is not valid'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ],
  InvalidPolicyDocument: [
    400,
    'The content of the form does not meet the conditions specified in the policy document.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidToken: [400, 'The provided token is malformed or otherwise invalid.'],
  InvalidStorageClass: [400, 'The storage class you specified is not valid'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.'],
  MalformedPolicy: [400, 'This policy contains invalid Json'],
  MalformedTrailerError: [
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  MaxPostPreDataLengthExceededError: [
    400,
    'Your POST request fields preceding the upload file was too large.',
  ],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchCORSConfiguration: [404, 'The CORS configuration does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchWebsiteConfiguration: [404, 'The specified bucket does not have a website configuration'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header or query you provided implies functionality that is not implemented.'],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket'],
  OwnershipControlsNotFoundError: [404, 'The bucket ownership controls were not found'],
  NoSuchPublicAccessBlockConfiguration: [404, 'The public access block configuration was not found'],
  PermanentRedirect: [
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  ],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  ReplicationConfigurationNotFoundError: [404, 'The replication configuration was not found'],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  ServerSideEncryptionConfigurationNotFoundError: [
    404,
    'The server side encryption configuration was not found',
  ],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof errors;

/** An error as S3's clients see it. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;
  /** Further elements of the answer: `Key`, `BucketName`, … */
  readonly fields: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, message?: string, fields: Readonly<Record<string, string>> = {}) {
    super(message ?? errors[code][1]);
    this.code = code;
    this.status = errors[code][0];
    this.fields = fields;
  }
}

/** The buckets of this server's jobs are in another store. */
export function elsewhere(endpoint: string): S3Error {
  return new S3Error('PermanentRedirect', undefined, { Endpoint: endpoint });
}

/** The error for a version that an object cannot have, because none has any but `null`. */
export function unknownVersion(version: string): S3Error {
  return new S3Error('InvalidArgument', 'Invalid version id specified', {
    ArgumentName: 'versionId',
    ArgumentValue: version,
  });
}

const ofStore: Partial<Record<ErrorCode, S3ErrorCode>> = {
  // May be retried: there may be room then.
  DiskFull: 'ServiceUnavailable',
  AccessDenied: 'AccessDenied',
  BucketNotEmpty: 'BucketNotEmpty',
  ChecksumMismatch: 'BadDigest',
  InvalidArgument: 'InvalidArgument',
  InvalidPart: 'InvalidPart',
  InvalidRange: 'InvalidRange',
  KeyTooLong: 'KeyTooLongError',
  NoSuchBucket: 'NoSuchBucket',
  NoSuchKey: 'NoSuchKey',
  NoSuchUpload: 'NoSuchUpload',
  PreconditionFailed: 'PreconditionFailed',
};

function isNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemErrorCode(error) ?? '');
}

/**
 * Whatever was thrown, as S3 would say it. A full disk is a `ServiceUnavailable`, which clients try again; anything
 * unexpected an `InternalError`.
 */
export function toS3Error(error: unknown, bucket: string, key: string): S3Error {
  if (error instanceof S3Error) return error;
  if (!(error instanceof SluiceError)) {
    if (isNoRoom(error)) return new S3Error('ServiceUnavailable', 'The store has no room left.');
    const code = systemErrorCode(error) === 'ECONNRESET' ? 'IncompleteBody' : 'InternalError';
    return new S3Error(code);
  }
  const code = ofStore[error.code];
  if (code === undefined)
    return new S3Error(isPassing(error) ? 'ServiceUnavailable' : 'InternalError', error.message);
  const ownWords = code === 'InvalidArgument' || code === 'ServiceUnavailable';
  return new S3Error(code, ownWords ? error.message : undefined, fieldsOf(code, error.details, bucket, key));
}

/** What S3 says further of an error. */
function fieldsOf(
  code: S3ErrorCode,
  details: SluiceError['details'],
  bucket: string,
  key: string,
): Record<string, string> {
  const named = (field: string, detail: string): Record<string, string> =>
    details[detail] === undefined ? {} : { [field]: String(details[detail]) };
  switch (code) {
    case 'NoSuchKey':
      return { Key: key };
    case 'NoSuchBucket':
    case 'BucketNotEmpty':
      return { BucketName: bucket };
    case 'PreconditionFailed':
      return named('Condition', 'condition');
    case 'NoSuchUpload':
      return named('UploadId', 'uploadId');
    case 'InvalidPart':
      return {
        ...named('UploadId', 'uploadId'),
        ...named('PartNumber', 'partNumber'),
        ...named('ETag', 'etag'),
      };
    case 'KeyTooLongError':
      return { ...named('Size', 'sizeBytes'), ...named('MaxSizeAllowed', 'limitBytes') };
    default:
      return {};
  }
}
