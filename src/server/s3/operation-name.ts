/**
 * Which operation a request asks for: S3 tells by method, address, query and one header.
 *
 * Gaps: versioning, object lock, restore, select, browser uploads by POST: `NotImplemented`, as is every configuration.
 */
import { bucketConfigurations } from './operations/bucket-configuration.ts';
import { S3Error } from './s3-error.ts';

export type OperationName =
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CopyObject'
  | 'CreateBucket'
  | 'CreateMultipartUpload'
  | 'DeleteBucket'
  | 'DeleteObject'
  | 'DeleteObjectTagging'
  | 'DeleteObjects'
  | 'GetAcl'
  | 'GetBucketConfiguration'
  | 'GetBucketLocation'
  | 'GetObject'
  | 'GetObjectAttributes'
  | 'GetObjectTagging'
  | 'HeadBucket'
  | 'HeadObject'
  | 'ListBuckets'
  | 'ListMultipartUploads'
  | 'ListObjectVersions'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListParts'
  | 'PutAcl'
  | 'PutObject'
  | 'PutObjectTagging'
  | 'UploadPart'
  | 'UploadPartCopy';

/** What tells the operation. */
export interface RequestShape {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** The request names a source to copy. */
  readonly copies: boolean;
}

/** @throws S3Error `MethodNotAllowed`, `NotImplemented` */
export function operationName(shape: RequestShape): OperationName {
  const { bucket, key } = shape;
  const name = bucket === '' ? ofService(shape) : key === '' ? ofBucket(shape) : ofObject(shape);
  if (name) return name;
  throw new S3Error('MethodNotAllowed', undefined, { Method: shape.method });
}

function ofService({ method }: RequestShape): OperationName | undefined {
  return method === 'GET' ? 'ListBuckets' : undefined;
}

function ofBucket({ method, query }: RequestShape): OperationName | undefined {
  const configuration = bucketConfigurations.some((name) => query.has(name));
  switch (method) {
    case 'GET':
      if (query.has('location')) return 'GetBucketLocation';
      if (query.has('acl')) return 'GetAcl';
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('versions')) return 'ListObjectVersions';
      if (configuration) return 'GetBucketConfiguration';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      if (query.has('acl')) return 'PutAcl';
      if (configuration) throw new S3Error('NotImplemented');
      return 'CreateBucket';
    case 'DELETE':
      if (configuration) throw new S3Error('NotImplemented');
      return 'DeleteBucket';
    case 'POST':
      if (query.has('delete')) return 'DeleteObjects';
      throw new S3Error('NotImplemented');
    default:
      return undefined;
  }
}

function ofObject({ method, query, copies }: RequestShape): OperationName | undefined {
  for (const name of ['retention', 'legal-hold', 'torrent', 'restore', 'select', 'renameObject']) {
    if (query.has(name)) throw new S3Error('NotImplemented');
  }
  switch (method) {
    case 'GET':
      if (query.has('uploadId')) return 'ListParts';
      if (query.has('tagging')) return 'GetObjectTagging';
      if (query.has('acl')) return 'GetAcl';
      return query.has('attributes') ? 'GetObjectAttributes' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      if (query.has('uploadId')) return copies ? 'UploadPartCopy' : 'UploadPart';
      if (query.has('tagging')) return 'PutObjectTagging';
      if (query.has('acl')) return 'PutAcl';
      return copies ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      return query.has('uploadId') ? 'CompleteMultipartUpload' : undefined;
    case 'DELETE':
      if (query.has('uploadId')) return 'AbortMultipartUpload';
      return query.has('tagging') ? 'DeleteObjectTagging' : 'DeleteObject';
    default:
      return undefined;
  }
}
