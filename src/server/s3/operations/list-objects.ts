/**
 * ListObjects and ListObjectsV2.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_ListObjects.html
 */
import type { ObjectSummary } from '../../../objects/index.ts';
import { escapeXml, formatElements, WrittenXml, type XmlElements } from '../../wire/xml.ts';
import { type ListPage, type ListRequest, readEncoding, readLimit, readListPage } from '../list-page.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { S3_XML } from '../xml.ts';

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
  const by = withOwner ? `<Owner>${formatElements(owner(call), S3_XML)}</Owner>` : '';
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
        Contents: new WrittenXml(page.objects.map((object) => formatContents(object, encode, by)).join('')),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      },
    },
  };
}

/** One `Contents`: of the thousand in a page, each is as quick to write as can be. */
function formatContents(
  { key, lastModified, etag = '', size, checksum, storageClass = 'STANDARD' }: ObjectSummary,
  encode: (text: string) => string,
  by: string,
): string {
  const algorithm = checksum
    ? `<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`
    : '';
  return (
    `<Contents><Key>${escapeXml(encode(key), S3_XML.controls)}</Key><LastModified>${lastModified.toISOString()}</LastModified>` +
    `<ETag>&quot;${etag.slice(1, -1)}&quot;</ETag>${algorithm}<Size>${size}</Size>${by}` +
    `<StorageClass>${storageClass}</StorageClass></Contents>`
  );
}
