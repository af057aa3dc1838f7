import { setTimeout as sleep } from 'node:timers/promises';
import { type ScannedFile, scanDirectory } from './scan-directory.ts';
import type { UploadOptions } from './upload-archive.ts';
import { uploadFiles } from './upload-directory.ts';

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
   * @throws what the last upload throws
   */
  close(): Promise<void>;
}

/** Uploads new and changed files of a directory again and again, until it is closed. Removed files stay where they are. */
export function startContinuousUpload(options: ContinuousUploadOptions): ContinuousUpload {
  const { intervalMs = 1000, onError } = options;
  const uploaded = new Map(Array.from(options.known ?? [], (file) => [file.name, fingerprint(file)]));
  const ending = new AbortController();
  const look = (settledBefore: number): Promise<unknown> =>
    uploadFiles(options, changed(options.directory, uploaded, settledBefore), (file) => {
      uploaded.set(file.name, fingerprint(file));
    });
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
      closed ??= watching.then(() => look(Number.POSITIVE_INFINITY)).then(() => undefined);
      return closed;
    },
  };
}

async function* changed(
  directory: string,
  uploaded: ReadonlyMap<string, string>,
  settledBefore: number,
): AsyncGenerator<ScannedFile> {
  for await (const file of scanDirectory(directory)) {
    if (file.mtimeMs <= settledBefore && uploaded.get(file.name) !== fingerprint(file)) yield file;
  }
}

function fingerprint({ size, mtimeMs }: ScannedFile): string {
  return `${size} ${mtimeMs}`;
}
