import { createReadStream } from 'node:fs';
import { chmod, readFile, stat } from 'node:fs/promises';
import { createGzip } from 'node:zlib';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { Stores } from '../../jobs/index.ts';
import { parseS3Uri } from '../../objects/s3-uri.ts';
import { SOURCE_ARCHIVE } from '../request/code.ts';
import type { CodeFile } from './code-files.ts';

/** Files up to this size are read whole; larger ones are streamed. Bytes. */
const SMALL_FILE_BYTES = 1 << 20;
const CONCURRENCY = 8;

/** What to upload and where. */
export interface UploadCodeOptions {
  readonly files: readonly CodeFile[];
  /** A prefix that ends in `/`. */
  readonly codeUri: string;
  readonly stores: Stores;
}

/** Puts the files of a script under a prefix. */
export async function uploadCode(options: UploadCodeOptions): Promise<void> {
  const { bucket, key: prefix } = parseS3Uri(options.codeUri);
  const store = options.stores.store(bucket);
  const { files } = options;
  await forEachAtOnce(files, CONCURRENCY, undefined, async (file) => {
    const key = `${prefix}${file.path}`;
    await store.put(bucket, key, await fileBody(file));
    // An object has no mode; a program has to stay executable where the store's own file is shown to the job.
    if ((file.mode & 0o111) !== 0 && store.local) await chmod(await store.local.file(bucket, key), file.mode);
  });
}

/** Puts the files of a script as `sourcedir.tar.gz` under a prefix. */
export async function uploadCodeArchive(options: UploadCodeOptions): Promise<void> {
  const { packTar } = await import('modern-tar/fs');
  const { bucket, key: prefix } = parseS3Uri(options.codeUri);
  const sources = options.files.map(({ path, source, mode }) =>
    typeof source === 'string'
      ? { type: 'file' as const, source, target: path, mode }
      : { type: 'content' as const, content: source, target: path, mode },
  );
  const tar = packTar(sources);
  const gzip = createGzip();
  tar.on('error', (error) => gzip.destroy(error));
  await options.stores.store(bucket).put(bucket, `${prefix}${SOURCE_ARCHIVE}`, tar.pipe(gzip));
}

async function fileBody({ source }: CodeFile): Promise<Buffer | AsyncIterable<Uint8Array>> {
  if (typeof source !== 'string') return source;
  const { size } = await stat(source);
  return size <= SMALL_FILE_BYTES ? readFile(source) : createReadStream(source);
}
