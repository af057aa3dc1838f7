/**
 * GetObject and HeadObject: whole or a range, conditional, with checksums where asked for.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * By design: of several ranges in one request the whole object comes, as S3 does.
 */
import type { OpenObject } from '../../../objects/directory/index.ts';
import { checkReadConditions } from '../conditions.ts';
import { checksumHeaders, objectHeaders } from '../object-headers.ts';
import { readRange } from '../read-range.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';

export async function getObject(call: S3Call): Promise<S3Answer> {
  const object = await call.store.open(call.bucket, call.key);
  try {
    const answer = answerHead(call, object);
    if (answer.status === 304) object.file.close();
    return answer;
  } catch (error) {
    object.file.close();
    throw error;
  }
}

export async function headObject(call: S3Call): Promise<S3Answer> {
  const object = await call.store.open(call.bucket, call.key);
  using _ = object.file;
  const { body: _body, ...head } = answerHead(call, object);
  return head;
}

function answerHead(call: S3Call, object: OpenObject): S3Answer {
  const headers = objectHeaders(call, object);
  if (checkReadConditions(call, object))
    return { status: 304, headers: { etag: object.etag, 'last-modified': headers['last-modified'] } };
  const range = readRange(call, object);
  const { file, size } = object;
  const { start, end } = range ?? { start: 0, end: size };
  if (start === 0 && end === size && call.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED')
    Object.assign(headers, checksumHeaders(object));
  headers['content-length'] = end - start;
  const body = { file, start, end };
  if (!range) return { status: 200, headers, body };
  if (range.parts !== undefined) headers['x-amz-mp-parts-count'] = range.parts;
  if (size > 0) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  return { status: 206, headers, body };
}
