import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { StagedOutput, StagedPart } from '../../core/staged-output.ts';
import { formatS3Uri, parseS3Uri } from '../s3-uri.ts';
import type { ObjectBody, StageOptions } from '../store.ts';

const PART_BYTES = 16 * 1024 * 1024;
const PARTS_LIMIT = 10_000;
const PARTS_AT_ONCE = 4;

/** An object's place, as commands of the SDK take it. */
interface Place {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId?: string | undefined;
}

/** Sends an object in parts, and leaves its upload open: no list shows it before that is completed. What fails is aborted. */
export async function stageObject(
  client: S3Client,
  bucket: string,
  key: string,
  body: ObjectBody,
  { size = 0, signal }: StageOptions,
): Promise<StagedOutput> {
  const { CreateMultipartUploadCommand, UploadPartCommand } = await import('@aws-sdk/client-s3');
  const place: Place = { Bucket: bucket, Key: key };
  const create = new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: 'CRC32' });
  const { UploadId: id = '' } = await client.send(create, signal && { abortSignal: signal });
  const parts: StagedPart[] = [];
  let bytes = 0;
  try {
    const pieces = inParts(body, Math.max(PART_BYTES, Math.ceil(size / PARTS_LIMIT)));
    await forEachAtOnce(pieces, PARTS_AT_ONCE, signal, async ({ number, bytes: Body }, abortSignal) => {
      const part = { ...place, UploadId: id, PartNumber: number, Body, ChecksumAlgorithm: 'CRC32' as const };
      const { ETag = '', ChecksumCRC32 } = await client.send(new UploadPartCommand(part), { abortSignal });
      parts[number - 1] = { etag: ETag, ...(ChecksumCRC32 !== undefined && { checksum: ChecksumCRC32 }) };
      bytes += Body.length;
    });
  } catch (error) {
    await abortUpload(client, { ...place, UploadId: id }).catch(() => undefined);
    throw error;
  }
  return { uri: formatS3Uri({ bucket, key }), bytes, id, parts };
}

/** Completes the upload of a staged object. */
export async function completeStaged(client: S3Client, { uri, id, parts = [] }: StagedOutput): Promise<void> {
  const { CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const { bucket, key } = parseS3Uri(uri);
  const Parts = parts.map(({ etag, checksum }, index) => ({
    PartNumber: index + 1,
    ETag: etag,
    ...(checksum !== undefined && { ChecksumCRC32: checksum }),
  }));
  await client.send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: id,
      MultipartUpload: { Parts },
    }),
  );
}

/** S3's ETag of what a staged object becomes: the MD5 of its parts' MD5s, and their number. */
export function stagedEtag({ parts = [] }: StagedOutput): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}

/** Aborts the upload of a staged object that is not to be published. */
export async function abortStaged(client: S3Client, { uri, id }: StagedOutput): Promise<void> {
  const { bucket, key } = parseS3Uri(uri);
  await abortUpload(client, { Bucket: bucket, Key: key, UploadId: id });
}

async function abortUpload(client: S3Client, place: Place): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  await client.send(new AbortMultipartUploadCommand({ ...place, UploadId: place.UploadId }));
}

/** At least one part: that of an empty object is empty. */
async function* inParts(
  body: ObjectBody,
  partBytes: number,
): AsyncGenerator<{ readonly number: number; readonly bytes: Buffer }> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let number = 0;
  const whole = typeof body === 'string' ? Buffer.from(body) : body;
  for await (let piece of whole instanceof Uint8Array ? [whole] : whole) {
    while (held + piece.length >= partBytes) {
      const end = partBytes - held;
      yield { number: ++number, bytes: Buffer.concat([...pieces, piece.subarray(0, end)]) };
      piece = piece.subarray(end);
      pieces = [];
      held = 0;
    }
    if (piece.length > 0) pieces.push(piece);
    held += piece.length;
  }
  if (held > 0 || number === 0) yield { number: ++number, bytes: Buffer.concat(pieces) };
}
