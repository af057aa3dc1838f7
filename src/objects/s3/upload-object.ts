import { Readable } from 'node:stream';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { onAbort } from '../../core/on-abort.ts';
import { encodeWords } from '../encoded-words.ts';
import type { ObjectBody, ObjectHead, PutOptions } from '../store.ts';

const PART_BYTES = 16 * 1024 * 1024;
const PARTS_LIMIT = 10_000;

/** Uploads an object: by one request where it is small, else in parts, four at once. What fails is aborted. */
export async function uploadObject(
  client: S3Client,
  bucket: string,
  key: string,
  body: ObjectBody,
  options: PutOptions,
): Promise<ObjectHead> {
  let size = 0;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const small = bytes instanceof Uint8Array && bytes.length <= PART_BYTES;
  const input: PutObjectCommandInput = {
    Bucket: bucket,
    Key: key,
    Body:
      bytes instanceof Uint8Array
        ? bytes
        : Readable.from(
            counted(bytes, (count) => (size += count)),
            { objectMode: false },
          ),
    ...(options.contentType !== undefined && { ContentType: options.contentType }),
    ...(options.metadata && { Metadata: encodeMetadata(options.metadata) }),
    ...(options.ifNoneMatch && { IfNoneMatch: options.ifNoneMatch }),
    ...(options.ifMatch && { IfMatch: options.ifMatch }),
  };
  if (bytes instanceof Uint8Array) size = bytes.length;
  const etag = small ? await putOnce(client, input, options.signal) : await putParts(client, input, options);
  return {
    size,
    etag,
    lastModified: new Date(),
    ...(options.contentType !== undefined && { contentType: options.contentType }),
    metadata: options.metadata ?? {},
  };
}

/** The SDK itself sends no more than Latin-1, and that in a way which fits its signature only sometimes. */
function encodeMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, encodeWords(text)]));
}

async function putOnce(
  client: S3Client,
  input: PutObjectCommandInput,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const { ETag } = await client.send(new PutObjectCommand(input), signal && { abortSignal: signal });
  return ETag ?? '';
}

async function putParts(
  client: S3Client,
  params: PutObjectCommandInput,
  { size = 0, signal }: PutOptions,
): Promise<string> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const upload = new Upload({
    client,
    params,
    queueSize: 4,
    partSize: Math.max(PART_BYTES, Math.ceil(size / PARTS_LIMIT)),
  });
  signal?.throwIfAborted();
  using _ = onAbort(signal, () => void upload.abort());
  return (await upload.done()).ETag ?? '';
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}
