/**
 * PutObject.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
import { readWriteConditions } from '../conditions.ts';
import { checksumHeaders, readUploadHeaders } from '../object-headers.ts';
import { encryptionHeaders } from '../object-settings.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { tooLarge, UPLOAD_LIMIT_BYTES, UploadBody } from '../upload-body.ts';

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
  return {
    headers: { etag: object.etag, ...checksumHeaders(object), ...encryptionHeaders(object.headers) },
  };
}

/** The length of an upload's body, where the request says it. @throws S3Error `MissingContentLength`, `EntityTooLarge` */
export function readLength(call: S3Call): number | undefined {
  const length = call.header('x-amz-decoded-content-length') ?? call.header('content-length');
  if (length === undefined) {
    if (call.header('transfer-encoding') !== undefined) return undefined;
    throw new S3Error('MissingContentLength');
  }
  if (Number(length) > UPLOAD_LIMIT_BYTES) throw tooLarge(Number(length));
  return Number(length);
}
