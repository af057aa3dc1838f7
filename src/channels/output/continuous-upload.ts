import { setTimeout as sleep } from 'node:timers/promises';
import { linkScope } from '../archive/link-target.ts';
import { type ScannedFile, scanDirectory } from './scan-directory.ts';
import { type UploadOptions, uploadPlace } from './upload-archive.ts';
import { NamesOfKeys, uploadFiles } from './upload-directory.ts';

/** How to upload while a job runs. */
export interface ContinuousUploadOptions extends UploadOptions {
  /** Milliseconds between two looks. A file is uploaded once it has not changed for as long. @default 1000 */
  readonly intervalMs?: number | undefined;
  /** Files that need no upload as long as they stay as they are. */
  readonly known?: Iterable<ScannedFile>;
  /** A look that failed. The next one tries again; the last one, in `close`, throws. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** An upload that goes on. */
export interface ContinuousUpload {
  /**
   * Ends it, after a last upload of all that has changed since. Idempotent.
   *
   * @throws what the last upload throws; SluiceError `InvalidArgument` for a file whose name no key can have
   */
  close(): Promise<void>;
}

/** Uploads new and changed files of a directory again and again, until it is closed. Removed files stay where they are. */
export function startContinuousUpload(options: ContinuousUploadOptions): ContinuousUpload {
  const { intervalMs = 1000, onError } = options;
  const uploaded = new Map(Array.from(options.known ?? [], (file) => [file.name, file.version]));
  const ending = new AbortController();
  const look = async (settledBefore: number, isLast = false): Promise<void> => {
    const names = new NamesOfKeys();
    const scope = linkScope(uploadPlace(options), options.names);
    const files = scanDirectory({
      ...scope,
      followLinks: options.followLinks,
      onLeftOut: isLast ? options.onLeftOut : undefined,
    });
    await uploadFiles(options, names.keep(changed(files, uploaded, settledBefore)), (file) => {
      uploaded.set(file.name, file.version);
    });
    if (isLast) names.check();
  };
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await sleep(intervalMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted)
        await look(Date.now() - intervalMs).catch((error: unknown) => onError?.(error));
    }
  };
  const watching = watch();
  let closed: Promise<void> | undefined;
  return {
    close: () => {
      ending.abort();
      closed ??= watching.then(() => look(Number.POSITIVE_INFINITY, true));
      return closed;
    },
  };
}

async function* changed(
  files: AsyncIterable<ScannedFile>,
  uploaded: ReadonlyMap<string, string>,
  settledBefore: number,
): AsyncGenerator<ScannedFile> {
  for await (const file of files) {
    if (file.mtimeMs <= settledBefore && uploaded.get(file.name) !== file.version) yield file;
  }
}
