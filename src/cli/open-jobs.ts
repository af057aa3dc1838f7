import { SluiceError } from '../core/errors.ts';
import { createProcessExecutor } from '../executors/index.ts';
import { createJobs, type JobRecord, type Jobs, type JobType } from '../jobs/index.ts';
import { createStores } from '../objects/stores.ts';
import { openDatabase } from '../state/index.ts';
import type { CliContext } from './context.ts';

/** The types of jobs, in the order they are shown. */
export const jobTypes = ['training', 'processing', 'transform'] as const satisfies readonly JobType[];

/** The jobs of a home, to look at and to stop; {@link OpenedJobs.close} ends it. */
export interface OpenedJobs {
  readonly jobs: Jobs;
  close(): Promise<void>;
}

/** Opens the jobs of the home. @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion` */
export async function openJobs({ paths, account, environment }: CliContext): Promise<OpenedJobs> {
  const state = await openDatabase(paths);
  const stores = createStores({ home: paths, environment });
  const jobs = createJobs({ state, stores, executor: createProcessExecutor(), home: paths, account });
  return {
    jobs,
    async close() {
      await jobs.close();
      await state.close();
    },
  };
}

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
    hint: "'sluice jobs ls' shows the jobs of this home.",
  });
}
