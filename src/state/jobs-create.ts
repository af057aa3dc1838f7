import { SluiceError } from '../core/errors.ts';
import type { Database, Statements } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { jobEvent, jobValues } from './jobs-rows.ts';
import { leaseLost, OWNER_PROCESS, WORKER_LIVES } from './lease.ts';
import { recordEvents } from './record-events.ts';

/**
 * Names that differ in case alone share an ARN, so that the second is taken too. The directory is a column of earlier
 * versions: it follows from the home.
 */
const INSERT = `INSERT INTO jobs (type, name, arn, status, secondary_status, created_at, modified_at, started_at,
    ended_at, request, progress, details, owner, fence, idempotency_key, owner_pid, owner_start, directory)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${OWNER_PROCESS}, ''
  WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE arn = ?) AND ${WORKER_LIVES} ON CONFLICT DO NOTHING`;

/**
 * Keeps a new job, with its event.
 *
 * @throws SluiceError `JobNameTaken` when a job of this type and name, whatever its case, or with this key, exists;
 *   `LeaseLost` when its worker has ended
 */
export async function createJob(
  state: Database,
  record: JobRecord,
  idempotencyKey: string | undefined,
): Promise<void> {
  await state.groupedTransaction(async (transaction) => {
    const { worker } = record.lease;
    const values = [...jobValues(record), idempotencyKey ?? null, worker, worker, record.arn, worker];
    const inserted = await transaction.run(INSERT, ...values);
    if (inserted !== 1) throw await problemOf(transaction, record);
    await recordEvents(transaction, [jobEvent(record, 'Job accepted')]);
  });
}

async function problemOf(transaction: Statements, record: JobRecord): Promise<SluiceError> {
  const { worker } = record.lease;
  const lives = await transaction.get(`SELECT 1 AS lives WHERE ${WORKER_LIVES}`, worker);
  return lives ? nameTaken(record) : leaseLost(`The worker '${worker}'`);
}

function nameTaken(record: JobRecord): SluiceError {
  return new SluiceError(
    'JobNameTaken',
    `Job name must be unique within an AWS account and region, and a job with this name already exists (${record.arn}).`,
    { hint: 'Give the job another name.', details: { arn: record.arn } },
  );
}
