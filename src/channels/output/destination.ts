import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseS3Uri } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';
import { objectError } from '../source/source-object.ts';

/** Bytes to write under a name. */
export interface WriteObjectOptions {
  /** `s3://…` or `file://…` */
  readonly uri: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly stores: Stores;
  /** Bytes, where known. */
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Writes an object or a file, whole or not at all. @returns its bytes @throws SluiceError that names it */
export async function writeObject(options: WriteObjectOptions): Promise<number> {
  const { uri, body, stores, size, signal } = options;
  if (uri.startsWith('file://')) return writeWhole(fileURLToPath(uri), body, signal);
  const { bucket, key } = parseS3Uri(uri);
  const head = await stores.store(bucket).put(bucket, key, body, {
    ...(size !== undefined && { size }),
    ...(signal && { signal }),
  });
  return head.size;
}

async function writeWhole(
  path: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${process.pid}.${Date.now()}.part`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(body, createWriteStream(temporary, { flags: 'wx' }), { ...(signal && { signal }) });
    const { size } = await stat(temporary);
    await rename(temporary, path);
    return size;
  } catch (error) {
    await rm(temporary, { force: true });
    throw objectError(error, { name: basename(path), file: path });
  }
}

/** A prefix joined with a name by one slash. */
export function joinUri(prefix: string, name: string): string {
  const base = prefix.replace(/\/+$/, '');
  return base.startsWith('file://')
    ? `${base}/${name.split('/').map(encodeURIComponent).join('/')}`
    : `${base}/${name}`;
}
