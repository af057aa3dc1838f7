import { dirname } from 'node:path';
import { removeTree } from '../../core/tree/index.ts';
import { isEnded, type JobSummary } from '../../jobs/index.ts';
import { deleteRun, getRun, isRunActive, listRunJobs } from '../../state/index.ts';
import { functionLogDirectory } from '../function-log.ts';
import type { PruneContext } from './candidate.ts';

/**
 * Removes a run with its jobs.
 *
 * @returns false while it, or a job of it, is under way
 * @throws SluiceError `RunNotFound`
 */
export async function removeRun({ paths, state, jobs }: PruneContext, id: string): Promise<boolean> {
  if (isRunActive(await getRun(state, id))) return false;
  const named = await listRunJobs(state, id);
  const found = await Promise.all(named.map(({ type, name }) => jobs[type].find(name)));
  const ofRun: JobSummary[] = found.filter((job) => job !== undefined);
  if (ofRun.some(({ status }) => !isEnded(status)) || !(await deleteRun(state, id))) return false;
  for (const job of ofRun) await jobs[job.type].remove(job);
  await removeTree(dirname(functionLogDirectory(paths, id)));
  return true;
}
