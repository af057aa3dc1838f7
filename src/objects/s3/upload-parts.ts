import type { CreateMultipartUploadCommandInput, S3Client } from '@aws-sdk/client-s3';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { onAbort } from '../../core/on-abort.ts';
import type { StagedOutput, StagedPart } from '../../core/staged-output.ts';
import { formatS3Uri, parseS3Uri } from '../s3-uri.ts';
import type { ObjectBody } from '../store.ts';
import type { OpenUpload, UploadJournal } from '../upload-journal.ts';

/** The least that a part has, but for the last, bytes. */
const PART_BYTES = 16 * 1024 * 1024;
const PARTS_LIMIT = 10_000;
const PARTS_AT_ONCE = 4;

/** Where uploads go, and who knows of those that are open. */
export interface UploadContext {
  readonly client: S3Client;
  readonly journal?: UploadJournal | undefined;
}

/** A piece of an object, numbered from 1. */
export interface ObjectPart {
  readonly number: number;
  readonly bytes: Buffer;
}

/** What is to be uploaded, as commands of the SDK take it. */
export type UploadInput = Pick<CreateMultipartUploadCommandInput, 'ContentType' | 'Metadata'> & {
  readonly Bucket: string;
  readonly Key: string;
};

/** Sends an object's parts, and leaves the upload open. What fails is aborted. */
export async function uploadParts(
  context: UploadContext,
  input: UploadInput,
  parts: AsyncIterable<ObjectPart>,
  signal: AbortSignal | undefined,
): Promise<StagedOutput> {
  signal?.throwIfAborted();
  const upload = await openUpload(context, input);
  try {
    return { ...upload, ...(await sendParts(context, upload, parts, signal)) };
  } catch (error) {
    // One that cannot be aborted now stays in the journal.
    await abortUpload(context, upload).catch(() => undefined);
    throw error;
  }
}

async function openUpload({ client, journal }: UploadContext, input: UploadInput): Promise<OpenUpload> {
  const { CreateMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  // Not to be broken off: the store may have opened it by then, and nobody would know its id.
  const create = new CreateMultipartUploadCommand({ ...input, ChecksumAlgorithm: 'CRC32' });
  const { UploadId = '' } = await client.send(create);
  const upload = { uri: formatS3Uri({ bucket: input.Bucket, key: input.Key }), id: UploadId };
  await journal?.begun(upload);
  return upload;
}

async function sendParts(
  { client }: UploadContext,
  { uri, id: UploadId }: OpenUpload,
  parts: AsyncIterable<ObjectPart>,
  signal: AbortSignal | undefined,
): Promise<Pick<StagedOutput, 'bytes' | 'parts'>> {
  const { UploadPartCommand } = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, key: Key } = parseS3Uri(uri);
  const sent: StagedPart[] = [];
  let bytes = 0;
  await forEachAtOnce(parts, PARTS_AT_ONCE, signal, async ({ number, bytes: Body }, abortSignal) => {
    const part = { Bucket, Key, UploadId, PartNumber: number, Body, ChecksumAlgorithm: 'CRC32' as const };
    const { ETag = '', ChecksumCRC32 } = await client.send(new UploadPartCommand(part), { abortSignal });
    sent[number - 1] = { etag: ETag, ...(ChecksumCRC32 !== undefined && { checksum: ChecksumCRC32 }) };
    bytes += Body.length;
  });
  return { bytes, parts: sent };
}

/** Makes an object of an upload's parts, where the conditions hold. @returns its ETag */
export async function completeUpload(
  { client, journal }: UploadContext,
  { uri, id, parts = [] }: StagedOutput,
  conditions: { readonly IfMatch?: string; readonly IfNoneMatch?: string } = {},
): Promise<string> {
  const { CompleteMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, key: Key } = parseS3Uri(uri);
  const Parts = parts.map(({ etag, checksum }, index) => ({
    PartNumber: index + 1,
    ETag: etag,
    ...(checksum !== undefined && { ChecksumCRC32: checksum }),
  }));
  const input = { Bucket, Key, UploadId: id, MultipartUpload: { Parts }, ...conditions };
  const { ETag = '' } = await client.send(new CompleteMultipartUploadCommand(input));
  await journal?.ended({ uri, id });
  return ETag;
}

/** Removes an upload's parts. */
export async function abortUpload(
  { client, journal }: UploadContext,
  { uri, id }: OpenUpload,
): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, key: Key } = parseS3Uri(uri);
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
  await journal?.ended({ uri, id });
}

/**
 * A body in parts of one size, but for the last; at least one: that of an empty object is empty.
 *
 * @param size of the whole, bytes: what is very large has larger parts
 */
export async function* inParts(
  body: ObjectBody,
  { size = 0, signal }: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<ObjectPart> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / PARTS_LIMIT));
  let pieces: Uint8Array[] = [];
  let held = 0;
  let number = 0;
  for await (let piece of piecesOf(body, signal)) {
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

/** Ends with the signal, also where the body gives nothing more. */
async function* piecesOf(body: ObjectBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (typeof body === 'string') return yield Buffer.from(body);
  if (body instanceof Uint8Array) return yield body;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  using _ = onAbort(signal, () => reject(signal?.reason as Error));
  const iterator = body[Symbol.asyncIterator]();
  let open = true;
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) {
        open = false;
        return;
      }
      yield next.value;
    }
  } finally {
    // Who gives nothing more may not hear of it either: not waited for.
    if (open) void iterator.return?.()?.catch(() => undefined);
  }
}
