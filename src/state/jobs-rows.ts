import type { SqlValue } from './database.ts';
import type { JobRecord, JobState, JobSummary, JobType } from './jobs.ts';
import { OWNER } from './lease.ts';
import type { NewEvent } from './record-events.ts';

/** A row of `jobs`. */
export interface JobRow {
  readonly type: string;
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly secondary_status: string;
  readonly created_at: number;
  readonly modified_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly request: string;
  readonly progress: string;
  readonly details: string | null;
  readonly owner: string;
  readonly fence: number;
}

/** The columns of {@link JobRow}. */
export const JOB_COLUMNS = `type, name, arn, status, secondary_status, created_at, modified_at, started_at, ended_at, request, progress, details, ${OWNER} AS owner, fence`;

/** The columns of {@link JobSummary}, but for its type: reading and parsing requests costs most of a long list. */
export const SUMMARY_COLUMNS = `name, arn, status, secondary_status, created_at, modified_at, started_at, ended_at, ${OWNER} AS owner, fence`;

/** A row of {@link SUMMARY_COLUMNS}. */
export type SummaryList = readonly [
  name: string,
  arn: string,
  status: string,
  secondaryStatus: string,
  createdAt: number,
  modifiedAt: number,
  startedAt: number | null,
  endedAt: number | null,
  owner: string,
  fence: number,
];

/** Sets what changes while a job runs; {@link changingValues} are its parameters. */
export const SET_CHANGING =
  'SET status = ?, secondary_status = ?, modified_at = ?, started_at = ?, ended_at = ?, progress = ?';

/** The values of {@link SET_CHANGING}. */
export function changingValues(record: JobRecord): SqlValue[] {
  return [
    record.status,
    record.secondaryStatus,
    record.modifiedAt,
    record.startedAt ?? null,
    record.endedAt ?? null,
    JSON.stringify(record.progress),
  ];
}

/** The values of {@link JOB_COLUMNS}, as they are kept. */
export function jobValues(record: JobRecord): SqlValue[] {
  return [
    record.type,
    record.name,
    record.arn,
    record.status,
    record.secondaryStatus,
    record.createdAt,
    record.modifiedAt,
    record.startedAt ?? null,
    record.endedAt ?? null,
    JSON.stringify(record.request),
    JSON.stringify(record.progress),
    record.details === undefined ? null : JSON.stringify(record.details),
    record.lease.worker,
    record.lease.fence,
  ];
}

/** A row as a record. */
export function jobRecord<Request>(row: JobRow): JobRecord<Request> {
  return {
    ...jobSummary(row),
    request: JSON.parse(row.request) as Request,
    progress: JSON.parse(row.progress) as JobRecord['progress'],
    ...(row.details !== null && { details: JSON.parse(row.details) as unknown }),
  };
}

function jobSummary(row: JobRow): JobSummary {
  return {
    type: row.type as JobType,
    name: row.name,
    arn: row.arn,
    status: row.status as JobState,
    secondaryStatus: row.secondary_status,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    lease: { worker: row.owner, fence: row.fence },
  };
}

/** A row of {@link SUMMARY_COLUMNS} as a summary. A list has many: each is made at once, with the same members. */
export function summaryOfList(type: JobType, row: SummaryList): JobSummary {
  return {
    type,
    name: row[0],
    arn: row[1],
    status: row[2] as JobState,
    secondaryStatus: row[3],
    createdAt: row[4],
    modifiedAt: row[5],
    startedAt: row[6] ?? undefined,
    endedAt: row[7] ?? undefined,
    lease: { worker: row[8], fence: row[9] },
  };
}

/** The event of a job's change, to be kept in the same transaction. */
export function jobEvent(record: JobSummary, message: string): NewEvent {
  return {
    kind: 'job',
    subject: `${record.type}/${record.name}`,
    time: record.modifiedAt,
    type: record.secondaryStatus,
    data: { status: record.status, message },
  };
}
