import type { Statements } from './database.ts';
import type { JobRecord, JobType } from './jobs.ts';
import { JOB_COLUMNS, type JobRow, jobRecord } from './jobs-rows.ts';

/** The job of this type and name. */
export async function getJob<Request>(
  state: Statements,
  type: JobType,
  name: string,
): Promise<JobRecord<Request> | undefined> {
  const sql = `SELECT ${JOB_COLUMNS} FROM jobs WHERE type = ? AND name = ?`;
  const row = await state.get<JobRow>(sql, type, name);
  return row && jobRecord(row);
}

/** The job that was started with this key. */
export async function getJobByIdempotencyKey<Request>(
  state: Statements,
  type: JobType,
  key: string,
): Promise<JobRecord<Request> | undefined> {
  const sql = `SELECT ${JOB_COLUMNS} FROM jobs WHERE type = ? AND idempotency_key = ?`;
  const row = await state.get<JobRow>(sql, type, key);
  return row && jobRecord(row);
}
