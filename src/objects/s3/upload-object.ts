import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { encodeWords } from '../encoded-words.ts';
import type { ObjectBody, ObjectHead, PutOptions } from '../store.ts';
import {
  abortUpload,
  completeUpload,
  inParts,
  type ObjectPart,
  type UploadContext,
  type UploadInput,
  uploadParts,
} from './upload-parts.ts';

/** What the store has made of a body. */
type Uploaded = Pick<ObjectHead, 'etag' | 'size'>;

/** Uploads an object: by one request where it is small, else in parts, several at once. What fails is aborted. */
export async function uploadObject(
  context: UploadContext,
  bucket: string,
  key: string,
  body: ObjectBody,
  options: PutOptions,
): Promise<ObjectHead> {
  const { contentType, metadata = {} } = options;
  const input: UploadInput = {
    Bucket: bucket,
    Key: key,
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(options.metadata && { Metadata: encodeMetadata(metadata) }),
  };
  const parts = inParts(body, options);
  const first = (await parts.next()).value as ObjectPart;
  const second = await parts.next();
  const uploaded = second.done
    ? await putOnce(context.client, { ...input, Body: first.bytes }, options)
    : await putParts(context, input, goingOn([first, second.value], parts), options);
  return {
    ...uploaded,
    lastModified: new Date(),
    ...(contentType !== undefined && { contentType }),
    metadata,
  };
}

/** The SDK itself sends no more than Latin-1, and that in a way which fits its signature only sometimes. */
function encodeMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, encodeWords(text)]));
}

async function putOnce(
  client: S3Client,
  input: PutObjectCommandInput & { readonly Body: Uint8Array },
  options: PutOptions,
): Promise<Uploaded> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const command = new PutObjectCommand({ ...input, ...conditionsOf(options) });
  const { signal } = options;
  const { ETag = '' } = await client.send(command, signal && { abortSignal: signal });
  return { etag: ETag, size: input.Body.length };
}

async function putParts(
  context: UploadContext,
  input: UploadInput,
  parts: AsyncIterable<ObjectPart>,
  options: PutOptions,
): Promise<Uploaded> {
  const upload = await uploadParts(context, input, parts, options.signal);
  try {
    return { etag: await completeUpload(context, upload, conditionsOf(options)), size: upload.bytes };
  } catch (error) {
    await abortUpload(context, upload).catch(() => undefined);
    throw error;
  }
}

function conditionsOf({ ifMatch, ifNoneMatch }: PutOptions) {
  return { ...(ifNoneMatch && { IfNoneMatch: ifNoneMatch }), ...(ifMatch && { IfMatch: ifMatch }) };
}

/** The parts that were taken to see whether there are several, and the rest. */
async function* goingOn(
  taken: readonly ObjectPart[],
  rest: AsyncGenerator<ObjectPart>,
): AsyncGenerator<ObjectPart> {
  try {
    yield* taken;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
