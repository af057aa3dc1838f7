import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseS3Uri, partPath } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';
import { objectError } from '../source/source-object.ts';
import type { Staging } from './staging.ts';

/** Bytes to write under a name. */
export interface WriteObjectOptions {
  /** `s3://…` or `file://…` */
  readonly uri: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly stores: Stores;
  /** Bytes, where known. */
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
  /** Where given, it is written, but nobody sees it under its name before it is published. */
  readonly staging?: Staging | undefined;
}

/** Writes an object or a file, whole or not at all. @returns its bytes @throws SluiceError that names it */
export async function writeObject(options: WriteObjectOptions): Promise<number> {
  const { uri, body, stores, size, signal, staging } = options;
  if (uri.startsWith('file://')) return writeWhole(options);
  const { bucket, key } = parseS3Uri(uri);
  if (staging) {
    const staged = await stores
      .store(bucket)
      .stage(bucket, key, body, { owner: staging.owner, size, signal });
    staging.outputs.push(staged);
    return staged.bytes;
  }
  const head = await stores.store(bucket).put(bucket, key, body, {
    ...(size !== undefined && { size }),
    ...(signal && { signal }),
  });
  return head.size;
}

async function writeWhole({ uri, body, stores, signal, staging }: WriteObjectOptions): Promise<number> {
  const path = fileURLToPath(uri);
  const temporary = partPath(path);
  const written = { uri, id: temporary };
  await stores.journal?.begun(written);
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(body, createWriteStream(temporary, { flags: 'wx' }), { ...(signal && { signal }) });
    const { size } = await stat(temporary);
    if (staging) {
      staging.outputs.push({ ...written, bytes: size });
    } else {
      await rename(temporary, path);
      await stores.journal?.ended(written);
    }
    return size;
  } catch (error) {
    await rm(temporary, { force: true });
    await stores.journal?.ended(written);
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
