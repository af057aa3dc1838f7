/**
 * CopyObject.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 * By design: encryption, storage class and redirect are those of the request, not of the source, as on S3. A copy gets the
 * checksum that is asked for, else one of its source's algorithm, of the whole object.
 */
import type { ChecksumAlgorithm } from '../../../objects/checksums/index.ts';
import {
  type ObjectChecksum,
  type ObjectRecord,
  type OpenObject,
  readBody,
} from '../../../objects/directory/index.ts';
import { Checksummed } from '../checksummed.ts';
import { readWriteConditions } from '../conditions.ts';
import { openCopySource } from '../copy-source.ts';
import { checksumElements, readUploadHeaders } from '../object-headers.ts';
import { encryptionHeaders, hasObjectSettings, readObjectSettings } from '../object-settings.ts';
import { readAlgorithm } from '../read-algorithm.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { UPLOAD_LIMIT_BYTES } from '../upload-body.ts';

type CopySource = OpenObject & { readonly bucket: string };

export async function copyObject(call: S3Call): Promise<S3Answer> {
  const wanted = readAlgorithm(call);
  const source = await openCopySource(call);
  using file = source.file;
  if (source.size > UPLOAD_LIMIT_BYTES)
    throw new S3Error(
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${UPLOAD_LIMIT_BYTES}`,
    );
  const record = describeCopy(call, source, wanted);
  const known = usableChecksum(source, wanted);
  const body = new Checksummed(
    readBody(file, { start: 0, length: source.size }),
    known ? undefined : (wanted ?? source.checksum?.algorithm),
  );
  const object = await call.store.write(call.bucket, call.key, body, {
    ...readWriteConditions(call),
    record: () => {
      const checksum = known ?? body.result;
      return { ...record, ...(checksum && { checksum }) };
    },
  });
  return {
    headers: encryptionHeaders(object.headers),
    xml: {
      root: 'CopyObjectResult',
      content: { LastModified: object.lastModified, ETag: object.etag, ...checksumElements(object) },
    },
  };
}

/** The source's own checksum, where it is of the whole object and of the algorithm that the copy shall have. */
function usableChecksum(
  { checksum }: CopySource,
  wanted: ChecksumAlgorithm | undefined,
): ObjectChecksum | undefined {
  const fits = checksum?.type !== 'COMPOSITE' && (wanted ?? checksum?.algorithm) === checksum?.algorithm;
  return fits ? checksum : undefined;
}

/** What the copy keeps of its source, and what the request gives it anew. */
function describeCopy(
  call: S3Call,
  source: CopySource,
  wanted: ChecksumAlgorithm | undefined,
): Omit<ObjectRecord, 'key' | 'etag'> {
  const given = readUploadHeaders(call);
  const replaceMetadata = directive(call, 'x-amz-metadata-directive');
  const toItself = source.bucket === call.bucket && source.key === call.key;
  if (toItself && !replaceMetadata && !hasObjectSettings(call) && !wanted)
    throw new S3Error('InvalidRequest', unchanged);
  const { metadata } = replaceMetadata ? given : source;
  const headers = replaceMetadata
    ? given.headers
    : { ...contentHeaders(source.headers), ...readObjectSettings(call) };
  const { tags } = directive(call, 'x-amz-tagging-directive') ? given : source;
  return { ...(headers && { headers }), ...(metadata && { metadata }), ...(tags && { tags }) };
}

const unchanged =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";

function contentHeaders(kept: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(kept).filter(([name]) => !name.startsWith('x-amz-')));
}

/** True for REPLACE. @throws S3Error `InvalidArgument` */
function directive(call: S3Call, name: string): boolean {
  const value = call.header(name)?.toUpperCase() ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value === 'REPLACE';
  throw new S3Error('InvalidArgument', `Unknown ${name}`, { ArgumentName: name, ArgumentValue: value });
}
