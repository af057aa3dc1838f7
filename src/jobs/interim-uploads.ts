import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { packTar } from 'modern-tar/fs';
import type { Stores } from '../channels/channel.ts';
import { parseS3Uri } from '../objects/s3-uri.ts';

export interface UploadOptions {
  readonly directory: string;
  readonly uri: string;
  readonly stores: Stores;
}

export async function uploadArchive({ directory, uri, stores }: UploadOptions): Promise<boolean> {
  const names = await readdir(directory).catch(() => []);
  if (names.length === 0) return false;
  const { bucket, key } = parseS3Uri(uri);
  await stores.store(bucket).put(bucket, key, packTar(directory).pipe(createGzip()));
  return true;
}

export async function uploadDirectory({
  directory,
  uri,
  stores,
}: UploadOptions): Promise<{ objects: number }> {
  const { bucket, key } = parseS3Uri(uri.replace(/\/*$/, '/'));
  let objects = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await stores.store(bucket).put(bucket, key + path.slice(directory.length + 1), await readFile(path));
    objects++;
  }
  return { objects };
}
