/**
 * GetObject and HeadObject: whole or a range, conditional, with checksums where asked for.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * By design: of several ranges in one request the whole object comes, as S3 does.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { OpenObject } from '../../../objects/directory/directory-store.ts';
import { checkReadConditions } from '../conditions.ts';
import { checksumHeaders, objectHeaders } from '../object-headers.ts';
import { type ByteRange, readRange } from '../read-range.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';

const PIECE_BYTES = 256 * 1024;

export async function getObject(call: S3Call): Promise<S3Answer | undefined> {
  const object = await openVersion(call);
  try {
    const head = answerHead(call, object);
    if (head.status === 304) return head;
    writeHead(call.response, head);
    const { start, end } = head.range ?? { start: 0, end: object.size };
    await sendFile(object.file, start, end, call.response);
    return undefined;
  } finally {
    await object.file.close();
  }
}

export async function headObject(call: S3Call): Promise<S3Answer | undefined> {
  const object = await openVersion(call);
  await object.file.close();
  const head = answerHead(call, object);
  if (head.status === 304) return head;
  writeHead(call.response, head);
  call.response.end();
  return undefined;
}

async function openVersion(call: S3Call): Promise<OpenObject> {
  const version = call.query.get('versionId');
  if (version !== null && version !== 'null')
    throw new S3Error('InvalidArgument', 'Invalid version id specified');
  return call.store.open(call.bucket, call.key);
}

interface Head {
  readonly status: number;
  readonly headers: Record<string, string | number>;
  readonly range?: ByteRange;
}

function answerHead(call: S3Call, object: OpenObject): Head {
  const headers = objectHeaders(call, object);
  if (checkReadConditions(call, object))
    return { status: 304, headers: { etag: object.etag, 'last-modified': headers['last-modified'] ?? '' } };
  const range = readRange(call, object);
  if (!range || call.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    const whole = !range || (range.start === 0 && range.end === object.size);
    if (whole && call.header('x-amz-checksum-mode') !== undefined)
      Object.assign(headers, checksumHeaders(object));
  }
  if (range?.parts !== undefined) headers['x-amz-mp-parts-count'] = range.parts;
  if (!range) return { status: 200, headers: { ...headers, 'content-length': object.size } };
  headers['content-length'] = range.end - range.start;
  if (object.size > 0) headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${object.size}`;
  return { status: 206, headers, range };
}

function writeHead(response: ServerResponse, { status, headers }: Head): void {
  response.writeHead(status, headers);
}

/** Sends bytes of an open file, reading the next piece while one is sent. */
async function sendFile(
  file: FileHandle,
  start: number,
  end: number,
  response: ServerResponse,
): Promise<void> {
  let position = start;
  let coming = readPiece(file, position, end);
  while (position < end) {
    const piece = await coming;
    if (piece.length === 0 || response.destroyed) {
      response.destroy();
      return;
    }
    position += piece.length;
    coming = readPiece(file, position, end);
    coming.catch(() => undefined);
    if (!response.write(piece)) await writable(response);
  }
  await coming;
  response.end();
}

async function readPiece(file: FileHandle, position: number, end: number): Promise<Buffer> {
  const length = Math.min(PIECE_BYTES, end - position);
  if (length <= 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((ready) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      ready();
    };
    response.on('drain', go);
    response.on('close', go);
    if (response.destroyed) go();
  });
}
