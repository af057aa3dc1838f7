import type { MultipartUpload } from '../../../objects/directory/index.ts';
import type { S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';

/** The upload that a request names. @throws SluiceError `NoSuchUpload` */
export async function findUpload(call: S3Call): Promise<MultipartUpload> {
  return call.uploads.get(call.bucket, call.key, call.query.get('uploadId') ?? '');
}

/** The upload and the part of it that a request names. @throws S3Error, SluiceError `NoSuchUpload` */
export async function findPart(call: S3Call): Promise<{ upload: MultipartUpload; number: number }> {
  const text = call.query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
      ArgumentName: 'partNumber',
      ArgumentValue: text,
    });
  }
  return { upload: await findUpload(call), number };
}
