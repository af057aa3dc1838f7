import { forEachAtOnce } from '../../objects/for-each-at-once.ts';
import { joinUri, writeObject } from './destination.ts';
import { openWithin } from './open-within.ts';
import { realDirectory, type ScannedFile, scanDirectory } from './scan-directory.ts';
import type { UploadOptions, UploadSummary } from './upload-archive.ts';

/** Files that are uploaded at once. */
const AT_ONCE = 16;
const PIECE_BYTES = 1024 * 1024;

/**
 * Uploads each regular file below a directory under a prefix, as SageMaker does with a processing output at the end of
 * the job. Symbolic links are not uploaded. A directory that does not exist has no files.
 */
export async function uploadDirectory(options: UploadOptions): Promise<UploadSummary> {
  return uploadFiles(options, scanDirectory(options.directory));
}

/** {@link uploadDirectory} of chosen files. `onUploaded` tells which one is done. */
export async function uploadFiles(
  options: UploadOptions,
  files: AsyncIterable<ScannedFile> | Iterable<ScannedFile>,
  onUploaded?: (file: ScannedFile) => void,
): Promise<UploadSummary> {
  const directory = realDirectory(options.directory);
  let objects = 0;
  let bytes = 0;
  if (directory === undefined) return { objects, bytes };
  await forEachAtOnce(files, AT_ONCE, options.signal, async (file, signal) => {
    const uploaded = await uploadFile({ ...options, directory, signal }, file.name);
    if (uploaded === undefined) return;
    objects++;
    bytes += uploaded;
    onUploaded?.(file);
  });
  return { objects, bytes };
}

async function uploadFile(options: UploadOptions, name: string): Promise<number | undefined> {
  const file = await openWithin(options.directory, name);
  if (!file) return undefined;
  try {
    // What is appended meanwhile is not part of this upload: the size is sent before the bytes.
    const { size } = await file.stat();
    const body =
      size === 0
        ? nothing()
        : file.createReadStream({ end: size - 1, highWaterMark: PIECE_BYTES, autoClose: false });
    return await writeObject({ ...options, uri: joinUri(options.uri, name), body, size });
  } finally {
    await file.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
