import { constants } from 'node:fs';
import { copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { forEachAtOnce } from '../../objects/for-each-at-once.ts';
import type { Stores, TransferProgress } from '../channel.ts';
import { objectError, objectUri, readObject, type SourceObject } from '../source/source-object.ts';

/** What to copy where. */
export interface CopyOptions {
  readonly objects: AsyncIterable<SourceObject> | Iterable<SourceObject>;
  readonly directory: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** Objects that are transferred at once: enough to hide the delay of a remote store. */
const AT_ONCE = 32;

/**
 * Copies objects into a directory. A directory shadows an object of the same name.
 *
 * @throws SluiceError that names the object
 */
export async function copyObjects(options: CopyOptions): Promise<TransferProgress> {
  const made = new Map<string, Promise<unknown>>();
  let objects = 0;
  let bytes = 0;
  await forEachAtOnce(options.objects, AT_ONCE, options.signal, async (object, signal) => {
    const copied = await copyObject(object, { ...options, signal }, made);
    if (copied === undefined) return;
    objects++;
    bytes += copied;
    options.onProgress?.({ objects, bytes });
  });
  return { objects, bytes };
}

async function copyObject(
  object: SourceObject,
  { directory, stores, signal }: CopyOptions,
  made: Map<string, Promise<unknown>>,
): Promise<number | undefined> {
  const path = join(directory, object.name);
  try {
    await makeDirectory(dirname(path), made);
    if (object.file !== undefined) return await cloneFile(object.file, path);
    return await writeFile(path, readObject(object, stores, signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (systemErrorCode(error) !== 'EEXIST') throw objectError(error, object);
    if ((await stat(path)).isDirectory()) return undefined;
    throw twice(object);
  }
}

async function cloneFile(source: string, path: string): Promise<number> {
  await copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o644);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function writeFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o644);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
      bytes += piece.byteLength;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

function makeDirectory(path: string, made: Map<string, Promise<unknown>>): Promise<unknown> {
  const before = made.get(path);
  if (before) return before;
  const making = mkdir(path, { recursive: true }).catch((error: unknown) => makeInPlaceOfFile(path, error));
  made.set(path, making);
  return making;
}

/** Objects come in the order of keys, so one with a directory's name is there before it. */
async function makeInPlaceOfFile(path: string, error: unknown): Promise<void> {
  const code = systemErrorCode(error);
  if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
  if (code === 'ENOTDIR') await makeInPlaceOfFile(dirname(path), { code: 'EEXIST' });
  else await rm(path);
  await mkdir(path, { recursive: true });
}

function twice(object: SourceObject): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `${objectUri(object)} would be the file '${object.name}', which another object of the channel is already.`,
    { hint: 'End the prefix with a slash, so that it names one directory.' },
  );
}
