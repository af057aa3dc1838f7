import { SluiceError } from '../core/errors.ts';
import type { JobRecord, Jobs, JobType } from '../jobs/index.ts';
import { jobTypes } from './job-types.ts';

/**
 * The job of this name, of whichever type.
 *
 * @throws SluiceError `JobNotFound`, `InvalidArgument` when several types have one of this name
 */
export async function findJob(jobs: Jobs, name: string, type?: JobType): Promise<JobRecord> {
  const wanted = type === undefined ? jobTypes : [type];
  const found = (await Promise.all(wanted.map((candidate) => jobs[candidate].find(name)))).filter(
    (record) => record !== undefined,
  );
  if (found.length > 1) {
    throw new SluiceError(
      'InvalidArgument',
      `'${name}' is the name of ${found.length} jobs of different types.`,
      {
        hint: `Say which one: ${found.map((record) => `--type ${record.type}`).join(' or ')}.`,
      },
    );
  }
  if (found[0]) return found[0];
  throw new SluiceError('JobNotFound', `No ${type ?? ''}${type ? ' ' : ''}job is called '${name}'.`, {
    hint: "'sluice jobs ls' shows the jobs of this home; the log of a step that ran elsewhere: 'sluice runs logs ID STEP'.",
  });
}
