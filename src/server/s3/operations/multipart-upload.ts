/**
 * CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, ListParts,
 * ListMultipartUploads.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html and, for checksums,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * Completing an upload again with the same parts answers as the first time (https://github.com/minio/minio/issues/13318,
 * https://github.com/adobe/S3Mock/issues/2586); here as long as the object is there, how long on S3 is not documented.
 */
import { SluiceError } from '../../../core/errors.ts';
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
} from '../../../objects/checksums/checksum.ts';
import { isCombinable } from '../../../objects/checksums/combine-crc.ts';
import type {
  ChosenPart,
  MultipartUpload,
  UploadedPart,
} from '../../../objects/directory/multipart-uploads.ts';
import type { ObjectChecksum, StoredObject } from '../../../objects/directory/object-record.ts';
import { readBody } from '../../../objects/directory/read-body.ts';
import { Checksummed } from '../checksummed.ts';
import { quoted, readWriteConditions } from '../conditions.ts';
import { openCopySource } from '../copy-source.ts';
import { readEncoding, readLimit } from '../list-page.ts';
import { checksumElements, checksumHeaders, readUploadHeaders } from '../object-headers.ts';
import { owner, type S3Answer, type S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { readSmallBody, UploadBody } from '../upload-body.ts';
import { parseXml, type XmlElements } from '../xml.ts';
import { readLength } from './put-object.ts';

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
    },
    xml: {
      root: 'InitiateMultipartUploadResult',
      content: { Bucket: call.bucket, Key: call.key, UploadId: upload.id },
    },
  };
}

function readUploadChecksum(call: S3Call): Pick<MultipartUpload, 'checksumAlgorithm' | 'checksumType'> {
  const named = call.header('x-amz-checksum-algorithm')?.toUpperCase();
  if (named === undefined) return {};
  const algorithm = checksumAlgorithms.find((one) => one === named);
  if (!algorithm)
    throw new S3Error(
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
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
  return { headers: { etag: part.etag, ...(body.checksum && checksumHeaders({ checksum: body.checksum })) } };
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
      await call.uploads.putPart(call.bucket, upload, number, body, () => body.checksum),
    );
  } finally {
    await source.file.close();
  }
}

function copyAnswer(upload: MultipartUpload, part: UploadedPart): S3Answer {
  const checksum =
    upload.checksumAlgorithm && part.checksum
      ? { [`Checksum${upload.checksumAlgorithm}`]: part.checksum }
      : {};
  return {
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

export async function completeMultipartUpload(call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(call).catch((error: unknown) => error as Error);
  const document = parseXml(await readSmallBody(call), 'CompleteMultipartUpload');
  if (upload instanceof Error) return answerAgain(call, document['Part'], upload);
  const chosen = readChosenParts(document['Part'], upload.checksumAlgorithm);
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
  const object = await call.uploads.completed(call.bucket, call.key, id, readChosenParts(parts, undefined));
  if (!object) throw failure;
  return completeAnswer(call, object);
}

function completeAnswer(call: S3Call, object: StoredObject): S3Answer {
  const host = call.header('host') ?? '';
  return {
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

function readChosenParts(given: unknown, algorithm: ChecksumAlgorithm | undefined): readonly ChosenPart[] {
  const parts = (given ?? []) as readonly Readonly<Record<string, string>>[];
  if (parts.length === 0 || parts.length > 10_000) throw new S3Error('MalformedXML');
  const chosen = parts.map((part) => readChosenPart(part, algorithm));
  if (chosen.some(({ number }, index) => index > 0 && number <= (chosen[index - 1]?.number ?? 0))) {
    throw new S3Error('InvalidPartOrder');
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
        StorageClass: 'STANDARD',
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
        Upload: page.map(({ key, id, initiated, checksumAlgorithm, checksumType }) => ({
          Key: encode(key),
          UploadId: id,
          Initiator: owner(call),
          Owner: owner(call),
          StorageClass: 'STANDARD',
          Initiated: initiated,
          ChecksumAlgorithm: checksumAlgorithm,
          ChecksumType: checksumType,
        })),
      },
    },
  };
}

async function findUpload(call: S3Call): Promise<MultipartUpload> {
  return call.uploads.get(call.bucket, call.key, call.query.get('uploadId') ?? '');
}

async function findPart(call: S3Call): Promise<{ upload: MultipartUpload; number: number }> {
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
