import { once } from 'node:events';
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import { SluiceError } from '../../core/errors.ts';
import { isTextName, showFileName } from '../../core/file-name.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { openBelow, placeIn, splitPlace, type TreePlace } from '../../core/tree/index.ts';
import { linkScope } from '../archive/link-target.ts';
import { joinUri, writeObject } from './destination.ts';
import { type ScannedFile, scanDirectory } from './scan-directory.ts';
import { type UploadOptions, type UploadSummary, uploadPlace } from './upload-archive.ts';

/** Files that are uploaded at once. */
const AT_ONCE = 16;
const PIECE_BYTES = 1024 * 1024;

/**
 * Uploads each regular file below a directory under a prefix, as SageMaker does with a processing output at the end of
 * the job. Links that stay within it are followed. A directory that does not exist has no files.
 *
 * @throws SluiceError `InvalidArgument`, once all others are uploaded, that names a file whose name no key can have
 */
export async function uploadDirectory(options: UploadOptions): Promise<UploadSummary> {
  const names = new NamesOfKeys();
  const scope = linkScope(uploadPlace(options), options.names);
  const { followLinks, onLeftOut } = options;
  const files = scanDirectory({ ...scope, followLinks, onLeftOut });
  const summary = await uploadFiles(options, names.keep(files));
  names.check();
  return summary;
}

/** Keeps apart the files whose names are no UTF-8: keys are. */
export class NamesOfKeys {
  #refused: string | undefined;
  #count = 0;

  /** The files whose names can be keys. */
  async *keep(files: AsyncIterable<ScannedFile>): AsyncGenerator<ScannedFile> {
    for await (const file of files) {
      if (isTextName(file.name)) {
        yield file;
        continue;
      }
      this.#refused ??= file.name;
      this.#count++;
    }
  }

  /** @throws SluiceError `InvalidArgument` where there were others */
  check(): void {
    if (this.#refused === undefined) return;
    const more = this.#count > 1 ? ` and ${this.#count - 1} more` : '';
    throw new SluiceError(
      'InvalidArgument',
      `'${showFileName(this.#refused)}'${more}: expected a file name in UTF-8, which the key of an object has to be; it was not uploaded.`,
      { hint: 'Give the file another name.' },
    );
  }
}

/** {@link uploadDirectory} of chosen files. `onUploaded` tells which one is done. */
export async function uploadFiles(
  options: UploadOptions,
  files: AsyncIterable<ScannedFile>,
  onUploaded?: (file: ScannedFile) => void,
): Promise<UploadSummary> {
  const place = uploadPlace(options);
  let objects = 0;
  let bytes = 0;
  await forEachAtOnce(files, AT_ONCE, options.signal, async (file, signal) => {
    const uploaded = await uploadFile({ ...options, signal }, place, file);
    if (uploaded === undefined) return;
    objects++;
    bytes += uploaded;
    onUploaded?.(file);
  });
  return { objects, bytes };
}

async function uploadFile(
  options: UploadOptions,
  place: TreePlace,
  { name, path }: ScannedFile,
): Promise<number | undefined> {
  const fd = openFile(placeIn(place, path));
  if (fd === undefined) return undefined;
  // What is appended meanwhile is not part of this upload: the size is sent before the bytes.
  const { size } = fstatSync(fd);
  const uri = joinUri(options.uri, name);
  if (size === 0) {
    closeSync(fd);
    return writeObject({ ...options, uri, body: nothing(), size });
  }
  const body = createReadStream('', { fd, start: 0, end: size - 1, highWaterMark: PIECE_BYTES });
  try {
    return await writeObject({ ...options, uri, body, size });
  } finally {
    // It may still be reading: it closes the file once it is not.
    if (!body.closed) await once(body.destroy(), 'close');
  }
}

/** Undefined for what is not there any more, or is something else by now. */
function openFile(place: TreePlace): number | undefined {
  const { parent, name } = splitPlace(place);
  try {
    using directory = openBelow(parent);
    return directory?.openFile(name);
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
