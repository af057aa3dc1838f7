import { dirname } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { removeTree } from '../../core/tree/index.ts';
import { isEnded, type JobSummary } from '../../jobs/index.ts';
import { deleteRun, getRun, isRunActive, listRunJobs, readRoster } from '../../state/index.ts';
import type { Home } from '../open-home.ts';
import { functionLogDirectory } from './function-log.ts';

/** Jobs that are read at the same time. */
const FOUND_AT_ONCE = 16;

/**
 * Removes a run with its jobs.
 *
 * @returns false while it, or a job of it, is under way
 * @throws SluiceError `RunNotFound`
 */
export async function removeRun(
  { paths, state, jobs }: Pick<Home, 'paths' | 'state' | 'jobs'>,
  id: string,
): Promise<boolean> {
  const run = await getRun(state, id);
  if (isRunActive(await readRoster(state), run)) return false;
  const named = await listRunJobs(state, id);
  const found = await mapAtOnce(
    named,
    FOUND_AT_ONCE,
    async ({ type, name }): Promise<JobSummary | undefined> => jobs[type].find(name),
  );
  const ofRun: JobSummary[] = found.filter((job) => job !== undefined);
  if (ofRun.some(({ status }) => !isEnded(status)) || !(await deleteRun(state, id))) return false;
  for (const job of ofRun) await jobs[job.type].remove(job);
  await removeTree(dirname(functionLogDirectory(paths, id)));
  return true;
}

/** A run that is to be removed is under way. */
export function runUnderWay(id: string): SluiceError {
  return new SluiceError('RunActive', `Run '${id}' is being carried out.`, {
    hint: `Cancel it first: sluice runs cancel ${id}`,
  });
}
