/**
 * CopyObject.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import type { ObjectRecord } from '../../../objects/directory/object-record.ts';
import { readBody } from '../../../objects/directory/read-body.ts';
import { readWriteConditions } from '../conditions.ts';
import { openCopySource } from '../copy-source.ts';
import { checksumElements, readUploadHeaders } from '../object-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';

export async function copyObject(call: S3Call): Promise<S3Answer> {
  const source = await openCopySource(call);
  try {
    const record = describeCopy(call, source);
    const body = readBody(source.file, { start: 0, length: source.size });
    const object = await call.store.write(call.bucket, call.key, body, {
      ...readWriteConditions(call),
      record: () => record,
    });
    return {
      xml: {
        root: 'CopyObjectResult',
        content: { LastModified: object.lastModified, ETag: object.etag, ...checksumElements(object) },
      },
    };
  } finally {
    source.file.close();
  }
}

/** What the copy keeps of its source, and what the request gives it anew. */
function describeCopy(
  call: S3Call,
  source: Awaited<ReturnType<typeof openCopySource>>,
): Omit<ObjectRecord, 'key' | 'etag'> {
  const given = readUploadHeaders(call);
  const replaceMetadata = directive(call, 'x-amz-metadata-directive');
  if (!replaceMetadata && source.bucket === call.bucket && source.key === call.key)
    throw new S3Error('InvalidRequest', toItself);
  const { headers, metadata } = replaceMetadata ? given : source;
  const { tags } = directive(call, 'x-amz-tagging-directive') ? given : source;
  const { checksum } = source;
  return {
    ...(headers && { headers }),
    ...(metadata && { metadata }),
    ...(tags && { tags }),
    ...(checksum && checksum.type !== 'COMPOSITE' && { checksum }),
  };
}

const toItself =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";

/** True for REPLACE. @throws S3Error `InvalidArgument` */
function directive(call: S3Call, name: string): boolean {
  const value = call.header(name)?.toUpperCase() ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value === 'REPLACE';
  throw new S3Error('InvalidArgument', `Unknown ${name}`, { ArgumentName: name, ArgumentValue: value });
}
