import type { Statements } from './database.ts';
import type { JobState, JobType } from './jobs.ts';

/** How many jobs of a type have a status. */
export interface JobCount {
  readonly type: JobType;
  readonly status: JobState;
  readonly count: number;
}

/** The jobs of the home by type and status; what there is none of is not named. */
export function countJobs(state: Statements): Promise<JobCount[]> {
  return state.all<JobCount>('SELECT type, status, COUNT(*) AS count FROM jobs GROUP BY type, status');
}

/** The endpoints of the home by status. */
export function countEndpoints(state: Statements): Promise<{ status: string; count: number }[]> {
  return state.all('SELECT status, COUNT(*) AS count FROM endpoints GROUP BY status');
}
