/**
 * PutObject.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * Gaps: no storage classes, encryption keys, object lock or access control lists; their headers are ignored.
 */
import { readWriteConditions } from '../conditions.ts';
import { checksumHeaders, readUploadHeaders } from '../object-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { UploadBody } from '../upload-body.ts';

/** 5 GiB: S3's limit on one upload, in bytes. */
export const UPLOAD_LIMIT_BYTES = 5 * 1024 ** 3;

export async function putObject(call: S3Call): Promise<S3Answer> {
  const size = readLength(call);
  const headers = readUploadHeaders(call);
  const body = new UploadBody(call);
  const object = await call.store.write(call.bucket, call.key, body, {
    ...readWriteConditions(call),
    ...(size !== undefined && { size }),
    record: ({ md5 }) => {
      body.checkMd5(md5);
      return { ...headers, ...(body.checksum && { checksum: body.checksum }) };
    },
  });
  return { headers: { etag: object.etag, ...checksumHeaders(object) } };
}

/** The length of an upload's body, where the request says it. @throws S3Error `MissingContentLength`, `InvalidRequest` */
export function readLength(call: S3Call): number | undefined {
  const length = call.header('x-amz-decoded-content-length') ?? call.header('content-length');
  if (length === undefined) {
    if (call.header('transfer-encoding') !== undefined) return undefined;
    throw new S3Error('MissingContentLength');
  }
  if (Number(length) <= UPLOAD_LIMIT_BYTES) return Number(length);
  throw new S3Error('InvalidRequest', 'Your proposed upload exceeds the maximum allowed size');
}
