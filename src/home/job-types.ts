import type { JobType } from '../jobs/index.ts';

/** The types of jobs, in the order they are shown. */
export const jobTypes = ['training', 'processing', 'transform'] as const satisfies readonly JobType[];
