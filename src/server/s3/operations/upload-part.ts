/**
 * UploadPart and UploadPartCopy.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html and …/API_UploadPartCopy.html
 */
import {
  type MultipartUpload,
  type ObjectChecksum,
  readBody,
  type UploadedPart,
} from '../../../objects/directory/index.ts';
import { Checksummed } from '../checksummed.ts';
import { openCopySource } from '../copy-source.ts';
import { checksumHeaders } from '../object-headers.ts';
import { encryptionHeaders } from '../object-settings.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { UploadBody } from '../upload-body.ts';
import { findPart } from './find-upload.ts';
import { readLength } from './put-object.ts';

export async function uploadPart(call: S3Call): Promise<S3Answer> {
  const size = readLength(call);
  const { upload, number } = await findPart(call);
  const body = new UploadBody(call, upload.checksumAlgorithm);
  const finish = (md5: Buffer) => {
    body.checkMd5(md5);
    checkAlgorithm(upload, body.checksum);
    return upload.checksumAlgorithm && body.checksum?.value;
  };
  const part = await call.uploads.putPart(call.bucket, upload, number, body, finish, size);
  return {
    headers: {
      etag: part.etag,
      ...(body.checksum && checksumHeaders({ checksum: body.checksum })),
      ...encryptionHeaders(upload.record.headers),
    },
  };
}

function checkAlgorithm({ checksumAlgorithm }: MultipartUpload, checksum: ObjectChecksum | undefined): void {
  if (!checksumAlgorithm || !checksum || checksum.algorithm === checksumAlgorithm) return;
  throw new S3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
  );
}

export async function uploadPartCopy(call: S3Call): Promise<S3Answer> {
  const { upload, number } = await findPart(call);
  const source = await openCopySource(call);
  try {
    const range = readCopyRange(call, source.size);
    const body = new Checksummed(readBody(source.file, range), upload.checksumAlgorithm);
    return copyAnswer(
      upload,
      await call.uploads.putPart(call.bucket, upload, number, body, () => body.result?.value),
    );
  } finally {
    source.file.close();
  }
}

function copyAnswer(upload: MultipartUpload, part: UploadedPart): S3Answer {
  const checksum =
    upload.checksumAlgorithm && part.checksum
      ? { [`Checksum${upload.checksumAlgorithm}`]: part.checksum }
      : {};
  return {
    headers: encryptionHeaders(upload.record.headers),
    xml: {
      root: 'CopyPartResult',
      content: { LastModified: part.lastModified, ETag: part.etag, ...checksum },
    },
  };
}

function readCopyRange(call: S3Call, size: number): { start: number; length: number } {
  const header = call.header('x-amz-copy-source-range');
  if (header === undefined) return { start: 0, length: size };
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || end < start || end >= size) {
    throw new S3Error(
      'InvalidArgument',
      `The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy`,
      {
        ArgumentName: 'x-amz-copy-source-range',
        ArgumentValue: header,
      },
    );
  }
  return { start, length: end - start + 1 };
}
