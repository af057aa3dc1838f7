import { constants } from 'node:fs';
import { copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { filePath } from '../../core/file-name.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { DownloadItem } from '../../objects/index.ts';
import type { Stores, TransferProgress } from '../channel.ts';
import { objectError, objectUri, type SourceObject } from '../source/source-object.ts';

/** What to copy where. */
export interface CopyOptions {
  /** Either all files of this machine, or all in one bucket. */
  readonly objects: AsyncIterable<SourceObject>;
  readonly directory: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** Files that are copied at once. */
const AT_ONCE = 8;

/**
 * Copies objects into a directory. A directory shadows a local object of the same name.
 *
 * @throws SluiceError that names the object
 */
export async function copyObjects(options: CopyOptions): Promise<TransferProgress> {
  const iterator = options.objects[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return { objects: 0, bytes: 0 };
  const objects = chain(first.value, iterator);
  const { file, bucket } = first.value;
  if (file === undefined && bucket !== undefined) return downloadObjects({ ...options, objects }, bucket);
  return copyFiles({ ...options, objects });
}

async function* chain<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function downloadObjects(options: CopyOptions, bucket: string): Promise<TransferProgress> {
  const { directory, stores, signal, onProgress } = options;
  let objects = 0;
  let bytes = 0;
  await stores.store(bucket).download(bucket, downloadItems(options.objects, directory), {
    ...(signal && { signal }),
    onBytes: (more) => {
      bytes += more;
      onProgress?.({ objects, bytes });
    },
    onObject: () => {
      objects++;
      onProgress?.({ objects, bytes });
    },
  });
  return { objects, bytes };
}

async function* downloadItems(
  objects: AsyncIterable<SourceObject>,
  directory: string,
): AsyncGenerator<DownloadItem> {
  for await (const { name, key = '', size, etag } of objects) {
    yield {
      key,
      path: join(directory, name),
      ...(size !== undefined && { size }),
      ...(etag !== undefined && { etag }),
    };
  }
}

async function copyFiles(options: CopyOptions): Promise<TransferProgress> {
  const made = new Map<string, Promise<unknown>>();
  let objects = 0;
  let bytes = 0;
  await forEachAtOnce(options.objects, AT_ONCE, options.signal, async (object) => {
    const copied = await copyOne(object, options.directory, made);
    if (copied === undefined) return;
    objects++;
    bytes += copied;
    options.onProgress?.({ objects, bytes });
  });
  return { objects, bytes };
}

/** Resolves with the bytes; with undefined for an object that a directory shadows. */
async function copyOne(
  object: SourceObject,
  directory: string,
  made: Map<string, Promise<unknown>>,
): Promise<number | undefined> {
  const path = join(directory, object.name);
  try {
    await makeDirectory(dirname(path), made);
    return await cloneFile(filePath(object.file ?? ''), filePath(path));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw objectError(error, object);
    if ((await stat(filePath(path))).isDirectory()) return undefined;
    throw twice(object);
  }
}

/** Shares the blocks where the file system can; the job may then write to its own without altering the source's. */
async function cloneFile(source: string | Buffer, path: string | Buffer): Promise<number> {
  await copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  const file = await open(path, 'r');
  try {
    const { mode, size } = await file.stat();
    // A program stays one.
    await file.chmod(0o644 | (mode & 0o111));
    return size;
  } finally {
    await file.close();
  }
}

function makeDirectory(path: string, made: Map<string, Promise<unknown>>): Promise<unknown> {
  const before = made.get(path);
  if (before) return before;
  const making = mkdir(filePath(path), { recursive: true }).catch((error: unknown) =>
    makeInPlaceOfFile(path, error),
  );
  made.set(path, making);
  return making;
}

/** Objects come in the order of keys, so one with a directory's name is there before it. */
async function makeInPlaceOfFile(path: string, error: unknown): Promise<void> {
  const code = systemErrorCode(error);
  if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
  if (code === 'ENOTDIR') await makeInPlaceOfFile(dirname(path), { code: 'EEXIST' });
  else await rm(filePath(path));
  await mkdir(filePath(path), { recursive: true });
}

function twice(object: SourceObject): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `${objectUri(object)} would be the file '${object.name}', which another object of the channel is already.`,
    { hint: 'End the prefix with a slash, so that it names one directory.' },
  );
}
