import type { SqlValue, Statements } from './database.ts';
import type { JobRecord, JobState, JobSummary, JobType } from './jobs.ts';
import { JOB_COLUMNS, type JobRow, jobRecord, jobSummary, SUMMARY_COLUMNS } from './jobs-rows.ts';

/** Which jobs to list and in which order, as SageMaker's List operations have it. Times: milliseconds since 1970. */
export interface JobFilter {
  readonly nameContains?: string | undefined;
  readonly status?: JobState | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
  readonly modifiedAfter?: number | undefined;
  readonly modifiedBefore?: number | undefined;
  /** @default 'createdAt' */
  readonly sortBy?: 'name' | 'createdAt' | 'status' | undefined;
  /** @default 'descending' */
  readonly sortOrder?: 'ascending' | 'descending' | undefined;
  /** Begins after the job with this name and this value of `sortBy`, in the order asked for. */
  readonly after?: { readonly value: string | number; readonly name: string } | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

const SORT_COLUMNS = { name: 'name', createdAt: 'created_at', status: 'status' } as const;

/** One page of the jobs of a type. */
export async function listJobs<Request>(
  state: Statements,
  type: JobType,
  filter: JobFilter = {},
): Promise<JobRecord<Request>[]> {
  return (await selectJobs<JobRow>(state, JOB_COLUMNS, type, filter)).map((row) => jobRecord<Request>(row));
}

/** As {@link listJobs}, without what the jobs were asked and have come to. */
export async function listJobSummaries(
  state: Statements,
  type: JobType,
  filter: JobFilter = {},
): Promise<JobSummary[]> {
  return (await selectJobs<JobRow>(state, SUMMARY_COLUMNS, type, filter)).map(jobSummary);
}

async function selectJobs<Row>(
  state: Statements,
  columns: string,
  type: JobType,
  filter: JobFilter,
): Promise<Row[]> {
  const column = SORT_COLUMNS[filter.sortBy ?? 'createdAt'];
  const ascending = filter.sortOrder === 'ascending';
  const order = ascending ? 'ASC' : 'DESC';
  const conditions: [string, ...SqlValue[]][] = [['type = ?', type], ...filterConditions(filter)];
  if (filter.after) {
    conditions.push([
      `(${column}, name) ${ascending ? '>' : '<'} (?, ?)`,
      filter.after.value,
      filter.after.name,
    ]);
  }
  const where = conditions.map(([sql]) => sql).join(' AND ');
  const sql = `SELECT ${columns} FROM jobs WHERE ${where} ORDER BY ${column} ${order}, name ${order} LIMIT ?`;
  const parameters = conditions.flatMap(([, ...values]) => values);
  return state.all<Row>(sql, ...parameters, filter.limit ?? 100);
}

/** Every job of a type that has not ended. */
export async function listOpenJobs<Request>(state: Statements, type: JobType): Promise<JobRecord<Request>[]> {
  // The signs keep the index of creation out: few jobs are open, many have ended.
  const sql = `SELECT ${JOB_COLUMNS} FROM jobs WHERE type = ? AND status IN ('InProgress', 'Stopping') ORDER BY +created_at, +name`;
  const rows = await state.all<JobRow>(sql, type);
  return rows.map((row) => jobRecord<Request>(row));
}

function filterConditions(filter: JobFilter): [string, SqlValue][] {
  const conditions: [string, SqlValue | undefined][] = [
    ['status = ?', filter.status],
    ["name LIKE ? ESCAPE '\\'", filter.nameContains && `%${escapeLike(filter.nameContains)}%`],
    ['created_at > ?', filter.createdAfter],
    ['created_at < ?', filter.createdBefore],
    ['modified_at > ?', filter.modifiedAfter],
    ['modified_at < ?', filter.modifiedBefore],
  ];
  return conditions.filter((condition): condition is [string, SqlValue] => condition[1] !== undefined);
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
