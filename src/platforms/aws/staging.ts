import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import { isThere } from './is-there.ts';

/** Where data of this machine goes, each once under its digest. */
export const STAGED_PREFIX = 'sluice/data/';

const AT_ONCE = 8;

/** A store that never comes to an end of what it lists fills no memory. */
const MOST_OBJECTS = 1_000_000;

/** Data of this machine, and where a platform finds it once it was brought there. */
export interface StagedData {
  /** `s3://…` on the platform. */
  readonly uri: string;
  /** Bytes of all of it. */
  readonly sizeBytes: number;
  /** Brings what is not there yet. */
  bring(signal?: AbortSignal): Promise<void>;
}

interface StagedFile {
  /** Below the place that was named. */
  readonly name: string;
  readonly size: number;
  /** Tells its content. */
  readonly digest: string;
  readonly body: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** The stores between which data is brought. */
export interface StagingOptions {
  /** The home's own. */
  readonly home: { store(bucket: string): ObjectStore };
  /** The platform's, and the bucket of it that is Sluice's. */
  readonly store: ObjectStore;
  readonly bucket: string;
}

/**
 * What an input names on this machine: a file, a directory, or objects of the home's own store. Undefined for what is the
 * platform's.
 *
 * @param what whose it is, for messages
 * @throws SluiceError `ChannelNotFound`, `ChannelEmpty`
 */
export async function stageInput(
  uri: string,
  what: string,
  options: StagingOptions,
): Promise<StagedData | undefined> {
  if (!uri.startsWith('file://')) {
    const { key } = parseS3Uri(uri);
    const store = options.home.store(parseS3Uri(uri).bucket);
    const files = store.kind === 'directory' ? await objectsAt(uri, store) : [];
    // The last part of a prefix is a beginning of names, as it was.
    return files.length === 0 ? undefined : staged(files, key.slice(baseOf(key).length), options);
  }
  const { files, tail } = await localFiles(uri, what);
  if (files.length > 0) return staged(files, tail, options);
  throw new SluiceError('ChannelEmpty', `${what}: there is no file at ${uri}.`, {
    hint: 'Name a file, or a directory that holds some.',
  });
}

/** Where data goes. */
interface StagingPlace {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Ends in `/`. */
  readonly prefix?: string;
}

function staged(
  files: readonly StagedFile[],
  tail: string,
  { store, bucket, prefix: below = STAGED_PREFIX }: StagingPlace,
): StagedData {
  const lines = files.map(({ name, size, digest }) => `${digest} ${size} ${name}\n`);
  const digest = createHash('sha256').update(lines.join('')).digest('hex');
  const prefix = `${below}${digest}/`;
  return {
    uri: `s3://${bucket}/${prefix}${tail}`,
    sizeBytes: files.reduce((sum, { size }) => sum + size, 0),
    async bring(signal) {
      const marker = `${below}${digest}.whole`;
      if (await isThere(store, bucket, marker)) return;
      await forEachAtOnce(files, AT_ONCE, signal, async ({ name, size, body }) => {
        await store.put(bucket, `${prefix}${name}`, await body(), { size, ...(signal && { signal }) });
      });
      await store.put(bucket, marker, '');
    },
  };
}

/** The files of a directory, or the one that is named, and what is named of them. */
async function localFiles(uri: string, what: string): Promise<{ files: StagedFile[]; tail: string }> {
  const path = fileURLToPath(uri).replace(/(.)\/+$/, '$1');
  try {
    const named = await stat(path);
    if (!named.isDirectory())
      return { files: [await localFile(path, basename(path), named.size)], tail: basename(path) };
    const names = (await readdir(path, { recursive: true })).sort();
    const files: StagedFile[] = [];
    for (const name of names) {
      const file = join(path, name);
      const found = await stat(file);
      if (found.isFile()) files.push(await localFile(file, name, found.size));
    }
    return { files, tail: '' };
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemErrorCode(cause) ?? '')) throw cause;
    throw new SluiceError('ChannelNotFound', `${what}: there is nothing at ${path}, or it may not be read.`, {
      cause,
    });
  }
}

async function localFile(path: string, name: string, size: number): Promise<StagedFile> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  const digest = hash.digest('hex');
  return { name, size, digest, body: () => unchanged(path, digest) };
}

/** The bytes of a file; it fails at their end where they are others than were counted. */
async function* unchanged(path: string, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Buffer);
    yield piece as Buffer;
  }
  if (hash.digest('hex') === digest) return;
  throw new SluiceError('PreconditionFailed', `${path} has changed while it was sent.`, {
    hint: 'Wait until nobody writes to it, and run again.',
  });
}

function baseOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** The objects of a store whose names begin so; none where there is no such bucket. */
async function objectsAt(uri: string, store: ObjectStore): Promise<StagedFile[]> {
  const { bucket, key } = parseS3Uri(uri);
  if (!(await store.bucketExists(bucket))) return [];
  const base = baseOf(key);
  const files: StagedFile[] = [];
  for await (const { key: found, size, etag } of store.list(bucket, { prefix: key, withEtag: true })) {
    if (found.endsWith('/')) continue;
    const digest = etag ?? (await store.head(bucket, found)).etag;
    if (files.length >= MOST_OBJECTS)
      throw new SluiceError('InvalidArgument', `${uri} has more than ${MOST_OBJECTS} objects.`);
    const name = found.slice(base.length);
    files.push({
      name,
      size,
      digest,
      body: async () => (await store.get(bucket, found, { size, ifMatch: digest })).body,
    });
  }
  return files;
}

/**
 * Brings objects of a platform's store to the home's own, each group once, below a prefix that ends in `/`.
 *
 * @returns where they lie there: as `uri`, an object or a beginning of names
 * @throws SluiceError `ChannelEmpty` where the platform's store has nothing there
 */
export async function bringHome(
  uri: string,
  prefix: string,
  { home, store }: Pick<StagingOptions, 'home' | 'store'>,
  signal?: AbortSignal,
): Promise<string> {
  const files = await objectsAt(uri, store);
  if (files.length === 0) throw new SluiceError('ChannelEmpty', `There is nothing at ${uri} any more.`);
  const { bucket, key } = parseS3Uri(prefix);
  const own = home.store(bucket);
  if (!(await own.bucketExists(bucket))) await own.createBucket(bucket);
  const tail = parseS3Uri(uri).key.slice(baseOf(parseS3Uri(uri).key).length);
  const data = staged(files, tail, { store: own, bucket, prefix: key });
  await data.bring(signal);
  return data.uri;
}
