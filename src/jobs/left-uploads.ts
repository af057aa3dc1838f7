import { discardUpload, isFile } from '../channels/index.ts';
import {
  forgetUpload,
  listOpenJobs,
  listUploads,
  thisMachine,
  type UploadRecord,
  workerOf,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';

type UploadsContext = Pick<JobsContext, 'state' | 'stores'>;

/** What workers that are gone have begun to upload, but for what a job under way is to publish. */
export async function listLeftUploads({ state }: Pick<UploadsContext, 'state'>): Promise<UploadRecord[]> {
  const begun = await listUploads(state);
  if (begun.length === 0) return [];
  const roster = await workerOf(state).roster();
  const left = begun.filter(({ worker }) => roster.standing({ worker }) === 'gone');
  if (left.length === 0) return [];
  // Read last: a worker that is gone decides on nothing any more.
  const decided = await decidedUploads(state);
  return left.filter(({ id, uri }) => !decided.has(`${id} ${uri}`));
}

async function decidedUploads(state: UploadsContext['state']): Promise<Set<string>> {
  const types = ['training', 'processing', 'transform'] as const;
  const open = (await Promise.all(types.map((type) => listOpenJobs(state, type)))).flat();
  const outputs = open.flatMap(({ progress }) => progress.publication?.outputs ?? []);
  return new Set(outputs.map(({ id, uri }) => `${id} ${uri}`));
}

/**
 * Removes what is left of an upload.
 *
 * @returns false where that can be done from elsewhere alone: its file is another machine's, its store another one
 * @throws SluiceError what the store throws
 */
export async function removeLeftUpload(
  { state, stores }: UploadsContext,
  upload: UploadRecord,
): Promise<boolean> {
  if (isFile(upload) && upload.host !== thisMachine().host) return false;
  if (!(await discardUpload(stores, upload))) return false;
  await forgetUpload(state, upload);
  return true;
}

/** Removes what is left of uploads. What cannot be removed now is left to whoever looks next. Never rejects. */
export async function removeLeftUploads(context: UploadsContext): Promise<void> {
  const left = await listLeftUploads(context).catch(() => []);
  for (const upload of left) await removeLeftUpload(context, upload).catch(() => undefined);
}
