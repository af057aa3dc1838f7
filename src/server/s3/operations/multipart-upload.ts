/**
 * CreateMultipartUpload, CompleteMultipartUpload, AbortMultipartUpload.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html and, for checksums,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * Completing an upload again with the same parts answers as the first time (https://github.com/minio/minio/issues/13318,
 * https://github.com/adobe/S3Mock/issues/2586); here as long as the object is there, how long on S3 is not documented.
 */

import { SluiceError } from '../../../core/errors.ts';
import { type ChecksumAlgorithm, checksumHeader, isCombinable } from '../../../objects/checksums/index.ts';
import type {
  ChosenPart,
  MultipartUpload,
  ObjectChecksum,
  StoredObject,
} from '../../../objects/directory/index.ts';
import { quoted, readWriteConditions } from '../conditions.ts';
import { checksumElements, readUploadHeaders } from '../object-headers.ts';
import { encryptionHeaders } from '../object-settings.ts';
import { readAlgorithm } from '../read-algorithm.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { DOCUMENT_LIMIT_BYTES, readSmallBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';
import { findUpload } from './find-upload.ts';

/** No part but the last may be smaller. */
const PART_MINIMUM_BYTES = 5 * 1024 * 1024;

export async function createMultipartUpload(call: S3Call): Promise<S3Answer> {
  const checksum = readUploadChecksum(call);
  const upload = await call.uploads.create(call.bucket, {
    key: call.key,
    record: readUploadHeaders(call),
    ...checksum,
  });
  return {
    headers: {
      'x-amz-checksum-algorithm': checksum.checksumAlgorithm,
      'x-amz-checksum-type': checksum.checksumType,
      ...encryptionHeaders(upload.record.headers),
    },
    xml: {
      root: 'InitiateMultipartUploadResult',
      content: { Bucket: call.bucket, Key: call.key, UploadId: upload.id },
    },
  };
}

function readUploadChecksum(call: S3Call): Pick<MultipartUpload, 'checksumAlgorithm' | 'checksumType'> {
  const algorithm = readAlgorithm(call);
  if (!algorithm) return {};
  const type =
    call.header('x-amz-checksum-type')?.toUpperCase() ??
    (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible = type === 'FULL_OBJECT' ? isCombinable(algorithm) : algorithm !== 'CRC64NVME';
  if ((type !== 'FULL_OBJECT' && type !== 'COMPOSITE') || !possible) {
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { checksumAlgorithm: algorithm, checksumType: type };
}

/** Of 10,000 parts with five elements each, one for each kind of checksum among them. */
const MOST_TAGS_OF_PARTS = 200_000;

export async function completeMultipartUpload(call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(call).catch((error: unknown) => error as Error);
  const text = await readSmallBody(call, DOCUMENT_LIMIT_BYTES.parts);
  const document = parseXml(text, 'CompleteMultipartUpload', MOST_TAGS_OF_PARTS);
  if (upload instanceof Error) return answerAgain(call, document['Part'], upload);
  const chosen = readChosenParts(upload.id, document['Part'], upload.checksumAlgorithm);
  await checkSizes(call, upload, chosen);
  const expected = readExpected(call, upload);
  const object = await call.uploads.complete(call.bucket, upload, chosen, {
    ...readWriteConditions(call),
    ...(expected && { expected }),
  });
  return completeAnswer(call, object);
}

/** For clients that did not hear the first answer. */
async function answerAgain(call: S3Call, parts: unknown, failure: Error): Promise<S3Answer> {
  if (!(failure instanceof SluiceError) || failure.code !== 'NoSuchUpload') throw failure;
  const id = call.query.get('uploadId') ?? '';
  const chosen = readChosenParts(id, parts, undefined);
  const object = await call.uploads.completed(call.bucket, call.key, id, chosen);
  if (!object) throw failure;
  return completeAnswer(call, object);
}

function completeAnswer(call: S3Call, object: StoredObject): S3Answer {
  const host = call.header('host') ?? '';
  return {
    headers: encryptionHeaders(object.headers),
    xml: {
      root: 'CompleteMultipartUploadResult',
      content: {
        Location: `http://${host}/${call.bucket}/${encodeURIComponent(call.key)}`,
        Bucket: call.bucket,
        Key: call.key,
        ETag: object.etag,
        ...checksumElements(object),
      },
    },
  };
}

function readChosenParts(
  uploadId: string,
  given: unknown,
  algorithm: ChecksumAlgorithm | undefined,
): readonly ChosenPart[] {
  const parts = (given ?? []) as readonly Readonly<Record<string, string>>[];
  if (parts.length === 0 || parts.length > 10_000) throw new S3Error('MalformedXML');
  const chosen = parts.map((part) => readChosenPart(part, algorithm));
  if (chosen.some(({ number }, index) => index > 0 && number <= (chosen[index - 1]?.number ?? 0))) {
    throw new S3Error('InvalidPartOrder', undefined, { UploadId: uploadId });
  }
  return chosen;
}

function readChosenPart(
  part: Readonly<Record<string, string>>,
  algorithm: ChecksumAlgorithm | undefined,
): ChosenPart {
  const number = Number(part['PartNumber']);
  if (!Number.isInteger(number) || part['ETag'] === undefined) throw new S3Error('MalformedXML');
  const chosen = { number, etag: quoted(part['ETag']) };
  const checksum = algorithm && part[`Checksum${algorithm}`];
  return checksum === undefined ? chosen : { ...chosen, checksum };
}

async function checkSizes(
  call: S3Call,
  upload: MultipartUpload,
  chosen: readonly ChosenPart[],
): Promise<void> {
  const sizes = new Map(
    (await call.uploads.parts(call.bucket, upload)).map(({ number, size }) => [number, size]),
  );
  for (const { number, etag } of chosen.slice(0, -1)) {
    const size = sizes.get(number);
    if (size === undefined || size >= PART_MINIMUM_BYTES) continue;
    throw new S3Error('EntityTooSmall', undefined, {
      ETag: etag.slice(1, -1),
      MinSizeAllowed: String(PART_MINIMUM_BYTES),
      PartNumber: String(number),
      ProposedSize: String(size),
    });
  }
}

function readExpected(call: S3Call, { checksumAlgorithm }: MultipartUpload): ObjectChecksum | undefined {
  const value = checksumAlgorithm && call.header(checksumHeader(checksumAlgorithm));
  return checksumAlgorithm && value !== undefined ? { algorithm: checksumAlgorithm, value } : undefined;
}

export async function abortMultipartUpload(call: S3Call): Promise<S3Answer> {
  await call.uploads.abort(call.bucket, await findUpload(call));
  return { status: 204 };
}
