import { constants } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import { partPath, transferError } from '../partial-file.ts';
import type { DownloadItem, DownloadItems, DownloadOptions } from '../store.ts';
import type { StoredObject } from './object-record.ts';

const AT_ONCE = 8;

/** Copies objects of the directory store into files; where the file system can, without copying their bytes. */
export async function downloadFiles(
  bucket: string,
  items: DownloadItems,
  head: (key: string) => Promise<StoredObject>,
  options: DownloadOptions = {},
): Promise<void> {
  await forEachAtOnce(items, AT_ONCE, options.signal, async (item) => {
    const object = await head(item.key);
    checkPinned(bucket, item, object);
    await copyWhole(object.path, item.path).catch((error: unknown) => {
      throw transferError(error, bucket, item.key, item.path);
    });
    options.onBytes?.(object.size);
    options.onObject?.(item);
  });
}

function checkPinned(bucket: string, { key, etag }: DownloadItem, object: StoredObject): void {
  if (etag === undefined || etag === object.etag) return;
  throw new SluiceError('PreconditionFailed', `s3://${bucket}/${key} has changed since it was listed.`);
}

async function copyWhole(from: string, to: string): Promise<void> {
  const part = partPath(to);
  try {
    makeDirectories(dirname(to));
    await copyFile(from, part, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
