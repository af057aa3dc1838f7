import { dirname } from 'node:path';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { removeTree } from '../../core/tree/index.ts';
import { functionLogDirectory } from '../../home/runs/index.ts';
import { isEnded, type JobSummary } from '../../jobs/index.ts';
import { deleteRun, getRun, isRunActive, listRunJobs, readRoster } from '../../state/index.ts';
import type { PruneContext } from './candidate.ts';

/** Jobs that are read at the same time. */
const FOUND_AT_ONCE = 16;

/**
 * Removes a run with its jobs.
 *
 * @returns false while it, or a job of it, is under way
 * @throws SluiceError `RunNotFound`
 */
export async function removeRun(
  { paths, state, jobs }: Pick<PruneContext, 'paths' | 'state' | 'jobs'>,
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
