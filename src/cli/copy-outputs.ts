import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '../core/errors.ts';
import { makeDirectories } from '../core/make-directories.ts';
import type { Stores } from '../jobs/index.ts';
import { parseS3Uri, partPath } from '../objects/index.ts';

/**
 * Copies what lies at an S3 URI into a local directory: an object under its own name, a prefix with its tree.
 *
 * @returns the paths that were written
 */
export async function copyOutput(stores: Stores, uri: string, directory: string): Promise<string[]> {
  const { bucket, key } = parseS3Uri(uri);
  const store = stores.store(bucket);
  const written: string[] = [];
  for await (const object of store.list(bucket, { prefix: key })) {
    const relative = object.key === key ? basename(key) : object.key.slice(key.length).replace(/^\//, '');
    if (object.key !== key && !key.endsWith('/') && object.key[key.length] !== '/') continue;
    const { key: name, size, etag } = object;
    const { body } = await store.get(bucket, name, { size, ...(etag !== undefined && { ifMatch: etag }) });
    written.push(await writeFile(insideOf(directory, relative), body));
  }
  return written;
}

/** A key such as `../x` must not lead out of the directory. */
function insideOf(directory: string, relative: string): string {
  const path = resolve(directory, relative);
  if (path.startsWith(`${resolve(directory)}${sep}`)) return path;
  throw new SluiceError(
    'InvalidArgument',
    `The object '${relative}' would be written outside of '${directory}'.`,
  );
}

/** Under a name of its own first, so that a broken copy is never taken for a whole one. */
async function writeFile(path: string, body: AsyncIterable<Uint8Array>): Promise<string> {
  makeDirectories(dirname(path));
  const temporary = partPath(path);
  try {
    await pipeline(body, createWriteStream(temporary));
    await rename(temporary, path);
    return path;
  } finally {
    await rm(temporary, { force: true });
  }
}
