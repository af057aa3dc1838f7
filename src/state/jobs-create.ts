import { SluiceError } from '../core/errors.ts';
import type { Database } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { JOB_COLUMNS, jobEvent, jobValues } from './jobs-rows.ts';
import { recordEvents } from './record-events.ts';

/**
 * Names that differ in case alone share an ARN, so that the second is taken too. The directory is a column of earlier
 * versions: it follows from the home.
 */
const INSERT = `INSERT INTO jobs (${JOB_COLUMNS}, idempotency_key, directory)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ''
  WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE arn = ?) ON CONFLICT DO NOTHING`;

/**
 * Keeps a new job, with its event.
 *
 * @throws SluiceError `JobNameTaken` when a job of this type and name, whatever its case, or with this key, exists.
 */
export async function createJob(
  state: Database,
  record: JobRecord,
  idempotencyKey: string | undefined,
): Promise<void> {
  await state.groupedTransaction(async (transaction) => {
    const inserted = await transaction.run(INSERT, ...jobValues(record), idempotencyKey ?? null, record.arn);
    if (inserted !== 1) throw nameTaken(record);
    await recordEvents(transaction, [jobEvent(record, 'Job accepted')]);
  });
}

function nameTaken(record: JobRecord): SluiceError {
  return new SluiceError(
    'JobNameTaken',
    `Job name must be unique within an AWS account and region, and a job with this name already exists (${record.arn}).`,
    { hint: 'Give the job another name.', details: { arn: record.arn } },
  );
}
