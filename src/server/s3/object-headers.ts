import { checksumHeader } from '../../objects/checksums/index.ts';
import type { ObjectRecord, StoredObject } from '../../objects/directory/index.ts';
import { decodeWords, encodeWords } from '../../objects/index.ts';
import { checkHeaderText } from './header-text.ts';
import { readObjectSettings } from './object-settings.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** Headers of an upload that a download gives back. */
const kept = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

/** Headers that the query may set, as `response-content-type`. */
const overridable = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** S3's limit on all names and values together, in bytes. */
const METADATA_LIMIT_BYTES = 2048;

type Recorded = Pick<ObjectRecord, 'headers' | 'metadata' | 'tags'>;

/** What an upload's headers say of its object. @throws S3Error `MetadataTooLarge`, `InvalidTag`, … */
export function readUploadHeaders(call: S3Call): Recorded {
  const headers: Record<string, string> = {};
  for (const name of kept) {
    const value = name === 'content-encoding' ? contentEncoding(call) : call.header(name);
    if (value) headers[name] = value;
  }
  const tagging = call.header('x-amz-tagging');
  return {
    headers: { ...headers, ...readObjectSettings(call) },
    metadata: readMetadata(call),
    ...(tagging ? { tags: readTagging(tagging) } : {}),
  };
}

/** `aws-chunked` is of the transfer, not of the object. */
function contentEncoding(call: S3Call): string | undefined {
  const codings = (call.header('content-encoding') ?? '').split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== '' && coding !== 'aws-chunked').join(',');
}

function readMetadata(call: S3Call): Record<string, string> {
  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const name in call.headers) {
    if (!name.startsWith('x-amz-meta-')) continue;
    // Like S3, Node reads headers as Latin-1. Who sends UTF-8 has signed something else.
    const text = decodeWords(String(call.headers[name]));
    metadata[name.slice('x-amz-meta-'.length)] = text;
    bytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(text);
  }
  if (bytes > METADATA_LIMIT_BYTES) {
    throw new S3Error('MetadataTooLarge', undefined, {
      Size: String(bytes),
      MaxSizeAllowed: String(METADATA_LIMIT_BYTES),
    });
  }
  return metadata;
}

function readTagging(header: string): Record<string, string> {
  const tags = [...new URLSearchParams(header)];
  if (new Set(tags.map(([key]) => key)).size === tags.length) return checkTags(tags);
  throw new S3Error(
    'InvalidArgument',
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    { ArgumentName: 'x-amz-tagging', ArgumentValue: header },
  );
}

/** Tags as S3 allows them: ten, different, of 128 and 256 characters. @throws S3Error `InvalidTag` */
export function checkTags(tags: readonly (readonly [string, string])[], limit = 10): Record<string, string> {
  if (tags.length > limit) throw new S3Error('InvalidTag', `Object tags cannot be greater than ${limit}`);
  for (const [index, [key, value]] of tags.entries()) {
    if (key.length === 0 || key.length > 128)
      throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid', { TagKey: key });
    if (value.length > 256)
      throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid', {
        TagKey: key,
        TagValue: value,
      });
    if (tags.findIndex(([other]) => other === key) < index)
      throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key', { TagKey: key });
  }
  return Object.fromEntries(tags);
}

/** The headers of an answer with an object, or with its head. */
export function objectHeaders(call: S3Call, object: StoredObject): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(object.metadata ?? {})) {
    headers[`x-amz-meta-${name}`] = encodeWords(value);
  }
  const tags = Object.keys(object.tags ?? {}).length;
  if (tags > 0) headers['x-amz-tagging-count'] = tags;
  for (const name of overridable) {
    const value = call.query.get(`response-${name}`);
    if (value !== null) headers[name] = checkHeaderText(name, value, `response-${name}`);
  }
  return headers;
}

/** The headers of an object's checksum, where it has one. */
export function checksumHeaders({ checksum }: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  if (!checksum) return {};
  return {
    [checksumHeader(checksum.algorithm)]: checksum.value,
    'x-amz-checksum-type': checksum.type ?? 'FULL_OBJECT',
  };
}

/** The elements of an object's checksum: `ChecksumCRC32` and `ChecksumType`. */
export function checksumElements({ checksum }: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  if (!checksum) return {};
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type ?? 'FULL_OBJECT' };
}
