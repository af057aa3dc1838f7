import type { Statements } from './database.ts';
import type { JobRecord, JobState, JobSummary, JobType } from './jobs.ts';
import {
  JOB_COLUMNS,
  type JobRow,
  jobRecord,
  SUMMARY_COLUMNS,
  type SummaryList,
  summaryOfList,
} from './jobs-rows.ts';
import { type PageFilter, selectPage, selectPageLists } from './select-page.ts';

/** Which jobs to list and in which order. */
export type JobFilter = PageFilter<JobState>;

/** One page of the jobs of a type. */
export async function listJobs<Request>(
  state: Statements,
  type: JobType,
  filter: JobFilter = {},
): Promise<JobRecord<Request>[]> {
  const source = { table: 'jobs', columns: JOB_COLUMNS, type } as const;
  return (await selectPage<JobRow>(state, source, filter)).map((row) => jobRecord<Request>(row));
}

/** As {@link listJobs}, without what the jobs were asked and have come to. */
export async function listJobSummaries(
  state: Statements,
  type: JobType,
  filter: JobFilter = {},
): Promise<JobSummary[]> {
  const source = { table: 'jobs', columns: SUMMARY_COLUMNS, type } as const;
  const rows = await selectPageLists<SummaryList>(state, source, filter);
  return rows.map((row) => summaryOfList(type, row));
}

/** Every job of a type that has not ended. */
export async function listOpenJobs<Request>(state: Statements, type: JobType): Promise<JobRecord<Request>[]> {
  // The sum keeps the index of creation out: few jobs are open, many have ended.
  const sql = `SELECT ${JOB_COLUMNS} FROM jobs WHERE type = ? AND status IN ('InProgress', 'Stopping') ORDER BY created_at + 0, name`;
  const rows = await state.all<JobRow>(sql, type);
  return rows.map((row) => jobRecord<Request>(row));
}
