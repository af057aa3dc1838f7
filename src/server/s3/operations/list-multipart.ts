/**
 * ListParts and ListMultipartUploads.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html and …/API_ListMultipartUploads.html
 */
import type { ChecksumAlgorithm } from '../../../objects/checksums/index.ts';
import type { MultipartUpload, UploadedPart } from '../../../objects/directory/index.ts';
import type { XmlElements } from '../../wire/xml.ts';
import { readEncoding, readLimit } from '../list-page.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { findUpload } from './find-upload.ts';

export async function listParts(call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(call);
  const limit = readLimit(call, 'max-parts');
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const rest = (await call.uploads.parts(call.bucket, upload)).filter(({ number }) => number > marker);
  const page = rest.slice(0, limit);
  return {
    xml: {
      root: 'ListPartsResult',
      content: {
        Bucket: call.bucket,
        Key: call.key,
        UploadId: upload.id,
        Initiator: owner(call),
        Owner: owner(call),
        StorageClass: storageClass(upload),
        PartNumberMarker: marker,
        NextPartNumberMarker: page.at(-1)?.number ?? 0,
        MaxParts: limit,
        IsTruncated: rest.length > page.length,
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
        Part: page.map((part) => partElements(part, upload.checksumAlgorithm)),
      },
    },
  };
}

function partElements(
  { number, lastModified, etag, size, checksum }: UploadedPart,
  algorithm: ChecksumAlgorithm | undefined,
): XmlElements {
  const elements = { PartNumber: number, LastModified: lastModified, ETag: etag, Size: size };
  return algorithm && checksum !== undefined ? { ...elements, [`Checksum${algorithm}`]: checksum } : elements;
}

export async function listMultipartUploads(call: S3Call): Promise<S3Answer> {
  const { type, encode } = readEncoding(call);
  const prefix = call.query.get('prefix') ?? '';
  const limit = readLimit(call, 'max-uploads');
  const keyMarker = call.query.get('key-marker') ?? '';
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const all = (await call.uploads.list(call.bucket)).filter(({ key }) => key.startsWith(prefix));
  const marked = all.findIndex(({ key, id }) => key === keyMarker && id === idMarker);
  const rest =
    marked >= 0
      ? all.slice(marked + 1)
      : all.filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(keyMarker)) > 0);
  const page = rest.slice(0, limit);
  const truncated = rest.length > page.length;
  return {
    xml: {
      root: 'ListMultipartUploadsResult',
      content: {
        Bucket: call.bucket,
        KeyMarker: encode(keyMarker),
        UploadIdMarker: idMarker,
        ...(truncated
          ? { NextKeyMarker: encode(page.at(-1)?.key ?? ''), NextUploadIdMarker: page.at(-1)?.id }
          : {}),
        Prefix: encode(prefix),
        EncodingType: type,
        MaxUploads: limit,
        IsTruncated: truncated,
        Upload: page.map((upload) => ({
          Key: encode(upload.key),
          UploadId: upload.id,
          Initiator: owner(call),
          Owner: owner(call),
          StorageClass: storageClass(upload),
          Initiated: upload.initiated,
          ChecksumAlgorithm: upload.checksumAlgorithm,
          ChecksumType: upload.checksumType,
        })),
      },
    },
  };
}

function storageClass({ record }: MultipartUpload): string {
  return record.headers?.['x-amz-storage-class'] ?? 'STANDARD';
}
