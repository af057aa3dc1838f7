/**
 * Which operation a request asks for: S3 tells by method, address, query and one header.
 *
 * By design: what the query names and is not served is `NotImplemented`, whatever the method: it must not be taken for
 * the plain operation, which would delete the bucket or replace the object. So are versions, restoring, SELECT, torrents,
 * inventories, analytics, metrics, tables of metadata and directory buckets. Retention and legal hold answer as for a
 * bucket without Object Lock.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { configurationName } from './bucket-configurations.ts';
import { missingObjectLock } from './refused-headers.ts';
import { S3Error } from './s3-error.ts';

export type S3OperationName =
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CopyObject'
  | 'CreateBucket'
  | 'CreateMultipartUpload'
  | 'DeleteBucket'
  | 'DeleteBucketConfiguration'
  | 'DeleteObject'
  | 'DeleteObjectTagging'
  | 'DeleteObjects'
  | 'GetAcl'
  | 'GetBucketConfiguration'
  | 'GetBucketLocation'
  | 'GetBucketPolicyStatus'
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
  | 'PostObject'
  | 'PutAcl'
  | 'PutBucketConfiguration'
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
  /** {@link isForm} */
  readonly form: boolean;
}

/** Whether a request is a form that a browser posts: the only one whose signature stands in its body. */
export function isForm({
  method,
  bucket,
  key,
  query,
  headers,
}: Pick<RequestShape, 'method' | 'bucket' | 'key' | 'query'> & {
  readonly headers: IncomingHttpHeaders;
}): boolean {
  const type = headers['content-type'] ?? '';
  return (
    method === 'POST' &&
    bucket !== '' &&
    key === '' &&
    query.size === 0 &&
    headers.authorization === undefined &&
    type.toLowerCase().startsWith('multipart/form-data')
  );
}

/** @throws S3Error `MethodNotAllowed`, `NotImplemented`, `InvalidRequest` */
export function operationName(shape: RequestShape): S3OperationName {
  const { bucket, key } = shape;
  if (shape.query.size > 0) refuseSubresources(shape);
  const name = bucket === '' ? ofService(shape) : key === '' ? ofBucket(shape) : ofObject(shape);
  if (name) return name;
  throw notAllowed(shape);
}

function notAllowed({ method, bucket, key }: RequestShape): S3Error {
  const resource = bucket === '' ? 'SERVICE' : key === '' ? 'BUCKET' : 'OBJECT';
  return new S3Error('MethodNotAllowed', undefined, { Method: method, ResourceType: resource });
}

/** Named by the query and not served, also where a value comes with the name. */
const refused = new Set([
  'analytics',
  'abac',
  'append',
  'encryption-key',
  'intelligent-tiering',
  'inventory',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'renameObject',
  'restore',
  'select',
  'session',
  'torrent',
]);

/** Served, named without a value, and for which methods, of buckets and of objects. */
const served: Readonly<Record<string, { readonly bucket?: string; readonly object?: string }>> = {
  acl: { bucket: 'GET PUT', object: 'GET PUT' },
  attributes: { object: 'GET' },
  delete: { bucket: 'POST' },
  location: { bucket: 'GET' },
  policyStatus: { bucket: 'GET' },
  tagging: { bucket: 'GET PUT DELETE', object: 'GET PUT DELETE' },
  uploads: { bucket: 'GET', object: 'POST' },
  versions: { bucket: 'GET' },
};

function refuseSubresources(shape: RequestShape): void {
  const { method, key, query } = shape;
  const changes = method !== 'GET' && method !== 'HEAD';
  const configuration = key === '' ? configurationName(query) : undefined;
  for (const [name, value] of query) {
    if (refused.has(name)) throw new S3Error('NotImplemented', undefined, { Query: name });
    if (key !== '' && (name === 'retention' || name === 'legal-hold')) throw missingObjectLock();
    if (!changes || name === configuration) continue;
    const methods = Object.hasOwn(served, name)
      ? served[name]?.[key === '' ? 'bucket' : 'object']
      : undefined;
    if (methods?.split(' ').includes(method)) continue;
    if (Object.hasOwn(served, name)) throw notAllowed(shape);
    // A name without a value that nobody here knows may ask for anything.
    if (value === '' && !/^(x-.*|uploadId|partNumber|versionId)$/i.test(name))
      throw new S3Error('NotImplemented', undefined, { Query: name });
  }
}

function ofService({ method }: RequestShape): S3OperationName | undefined {
  return method === 'GET' ? 'ListBuckets' : undefined;
}

function ofBucket({ method, query, form }: RequestShape): S3OperationName | undefined {
  const configuration = configurationName(query) !== undefined;
  switch (method) {
    case 'GET':
      if (query.has('location')) return 'GetBucketLocation';
      if (query.has('acl')) return 'GetAcl';
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('versions')) return 'ListObjectVersions';
      if (query.has('policyStatus')) return 'GetBucketPolicyStatus';
      if (configuration) return 'GetBucketConfiguration';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      if (query.has('acl')) return 'PutAcl';
      return configuration ? 'PutBucketConfiguration' : 'CreateBucket';
    case 'DELETE':
      return configuration ? 'DeleteBucketConfiguration' : 'DeleteBucket';
    case 'POST':
      if (form) return 'PostObject';
      return query.has('delete') ? 'DeleteObjects' : undefined;
    default:
      return undefined;
  }
}

function ofObject({ method, query, copies }: RequestShape): S3OperationName | undefined {
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
