/**
 * GetObjectAttributes.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */
import type { ChecksumAlgorithm } from '../../../objects/checksums/index.ts';
import type { ObjectPart } from '../../../objects/directory/index.ts';
import type { XmlElements } from '../../wire/xml.ts';
import { checksumElements } from '../object-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';

export async function getObjectAttributes(call: S3Call): Promise<S3Answer> {
  const wanted = new Set(
    (call.header('x-amz-object-attributes') ?? '').split(',').map((name) => name.trim()),
  );
  wanted.delete('');
  if (wanted.size === 0)
    throw new S3Error(
      'InvalidRequest',
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    );
  const object = await call.store.head(call.bucket, call.key);
  const { parts, checksum } = object;
  const shown = (parts ?? []).map((part) => partElements(part, checksum?.algorithm));
  return {
    headers: { 'last-modified': object.lastModified.toUTCString() },
    xml: {
      root: 'GetObjectAttributesResponse',
      content: {
        ETag: wanted.has('ETag') ? object.etag.slice(1, -1) : undefined,
        Checksum: wanted.has('Checksum') && checksum ? checksumElements(object) : undefined,
        ObjectParts:
          wanted.has('ObjectParts') && parts
            ? { PartsCount: parts.length, IsTruncated: false, Part: shown }
            : undefined,
        StorageClass: wanted.has('StorageClass')
          ? (object.headers?.['x-amz-storage-class'] ?? 'STANDARD')
          : undefined,
        ObjectSize: wanted.has('ObjectSize') ? object.size : undefined,
      },
    },
  };
}

function partElements(
  { number, size, checksum }: ObjectPart,
  algorithm: ChecksumAlgorithm | undefined,
): XmlElements {
  const elements = { PartNumber: number, Size: size };
  return algorithm && checksum !== undefined ? { ...elements, [`Checksum${algorithm}`]: checksum } : elements;
}
