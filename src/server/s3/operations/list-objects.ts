/**
 * ListObjects and ListObjectsV2.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_ListObjects.html
 */
import type { ObjectSummary } from '../../../objects/store.ts';
import { type ListPage, type ListRequest, readEncoding, readLimit, readListPage } from '../list-page.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import type { XmlElements } from '../xml.ts';

/** Version 1: goes on after a marker. */
export async function listObjects(call: S3Call): Promise<S3Answer> {
  const marker = call.query.get('marker') ?? '';
  const request = readRequest(call, marker);
  const page = await readListPage(call, request);
  const { encode } = readEncoding(call);
  const next = page.truncated && request.delimiter !== '' ? { NextMarker: encode(page.last) } : {};
  return answer(call, request, page, { Marker: encode(marker), ...next }, true);
}

/** Version 2: goes on with a token, which is the last key of the page before. */
export async function listObjectsV2(call: S3Call): Promise<S3Answer> {
  const token = call.query.get('continuation-token');
  const startAfter = call.query.get('start-after') ?? '';
  const request = readRequest(call, token === null ? startAfter : readToken(token));
  const page = await readListPage(call, request);
  const { encode } = readEncoding(call);
  const head = {
    KeyCount: page.objects.length + page.commonPrefixes.length,
    ...(token !== null && { ContinuationToken: token }),
    ...(startAfter !== '' && { StartAfter: encode(startAfter) }),
    ...(page.truncated && { NextContinuationToken: Buffer.from(page.last).toString('base64url') }),
  };
  return answer(call, request, page, head, call.query.get('fetch-owner') === 'true');
}

function readRequest(call: S3Call, after: string): ListRequest {
  return {
    prefix: call.query.get('prefix') ?? '',
    delimiter: call.query.get('delimiter') ?? '',
    after,
    maxKeys: readLimit(call, 'max-keys'),
  };
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (token !== '' && Buffer.from(key).toString('base64url') === token) return key;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
  });
}

function answer(
  call: S3Call,
  request: ListRequest,
  page: ListPage,
  head: XmlElements,
  withOwner: boolean,
): S3Answer {
  const { type, encode } = readEncoding(call);
  const by = withOwner ? owner(call) : undefined;
  return {
    xml: {
      root: 'ListBucketResult',
      content: {
        Name: call.bucket,
        Prefix: encode(request.prefix),
        ...head,
        MaxKeys: request.maxKeys,
        Delimiter: request.delimiter === '' ? undefined : encode(request.delimiter),
        EncodingType: type,
        IsTruncated: page.truncated,
        Contents: page.objects.map((object) => contents(object, encode, by)),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      },
    },
  };
}

function contents(
  object: ObjectSummary,
  encode: (text: string) => string,
  by: XmlElements | undefined,
): XmlElements {
  return {
    Key: encode(object.key),
    LastModified: object.lastModified,
    ETag: object.etag,
    Size: object.size,
    Owner: by,
    StorageClass: 'STANDARD',
  };
}
