import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { systemErrorCode } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { StagedOutput } from '../../core/staged-output.ts';
import { type OpenUpload, parseS3Uri } from '../../objects/index.ts';
import type { Stores } from '../channel.ts';

/** Outputs that are published together, at once. */
const AT_ONCE = 16;

/** What has been written of a job's outputs, and is not published. Grows. */
export interface Staging {
  /** Whose they are, to a store: letters, digits, `-` and `.` */
  readonly owner: string;
  readonly outputs: StagedOutput[];
}

/**
 * Gives staged outputs their names. May be done again, by any process.
 *
 * @throws SluiceError `NoSuchKey`, `NoSuchUpload` where one is gone; what the store throws
 */
export async function publishOutputs(
  stores: Stores,
  outputs: readonly StagedOutput[],
  signal: AbortSignal,
): Promise<void> {
  await forEachAtOnce(outputs, AT_ONCE, signal, async (output) => {
    if (isFile(output)) await publishFile(stores, output);
    else await stores.store(parseS3Uri(output.uri).bucket).publishStaged(output);
  });
}

/** Removes what is staged for an owner. Where these outputs are published, only what their stores hold of it beside. */
export async function discardOutputs(
  stores: Stores,
  owner: string,
  outputs: readonly StagedOutput[],
  { published }: { readonly published: boolean },
): Promise<void> {
  if (!published) for (const output of outputs) if (isFile(output)) await removeFile(stores, output);
  const objects = Map.groupBy(
    outputs.filter((output) => !isFile(output)),
    ({ uri }) => stores.store(parseS3Uri(uri).bucket),
  );
  for (const [store, staged] of objects) await store.discardStaged(owner, published ? [] : staged);
}

/**
 * Removes what an upload that will never be published has left: its parts in the store, or the file.
 *
 * @returns false where its store cannot be reached from here: it was another one
 * @throws SluiceError what the store throws
 */
export async function discardUpload(stores: Stores, upload: OpenUpload): Promise<boolean> {
  if (isFile(upload)) {
    await removeFile(stores, upload);
    return true;
  }
  const store = stores.store(parseS3Uri(upload.uri).bucket);
  if (store.kind !== 's3') return false;
  await store.discardStaged('', [upload]);
  return true;
}

async function removeFile({ journal }: Stores, upload: OpenUpload): Promise<void> {
  await rm(upload.id, { force: true });
  await journal?.ended(upload);
}

/** Whether an upload is a file of a machine. */
export function isFile({ uri }: Pick<OpenUpload, 'uri'>): boolean {
  return uri.startsWith('file://');
}

async function publishFile({ journal }: Stores, { uri, id }: StagedOutput): Promise<void> {
  const path = fileURLToPath(uri);
  try {
    await rename(id, path);
  } catch (error) {
    // Somebody has published it before.
    if (systemErrorCode(error) !== 'ENOENT' || !existsSync(path)) throw error;
  }
  await journal?.ended({ uri, id });
}
