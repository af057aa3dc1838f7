import type { Database } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { changingValues, jobEvent, SET_CHANGING } from './jobs-rows.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { type NewEvent, recordEvents } from './record-events.ts';

const UPDATE = `UPDATE jobs ${SET_CHANGING} WHERE type = ? AND name = ?`;
const OF_OWNER = "AND status IN ('InProgress', 'Stopping') AND owner_pid = ? AND owner_start = ?";
const END_ORPHAN = `${UPDATE} ${OF_OWNER}`;
const TAKE_OVER = `UPDATE jobs ${SET_CHANGING}, owner_pid = ?, owner_start = ? WHERE type = ? AND name = ? ${OF_OWNER}`;

/** What has changed of a job, and the events that tell of it. */
export interface JobUpdate {
  readonly record: JobRecord;
  readonly events: readonly NewEvent[];
}

/** Keeps what has changed of a job by the time that it is written: `take` is called once, then. */
export async function updateJob(state: Database, take: () => JobUpdate): Promise<void> {
  let taken: JobUpdate | undefined;
  await state.groupedTransaction(async (transaction) => {
    taken ??= take();
    const { record, events } = taken;
    await transaction.run(UPDATE, ...changingValues(record), record.type, record.name);
    await recordEvents(transaction, events);
  });
}

/**
 * Ends a job whose owner is gone, unless someone else was quicker.
 *
 * @returns Whether it was this call that ended it.
 */
export async function endOrphan(state: Database, record: JobRecord, message: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const { pid, startTime } = record.owner;
    const changed = await transaction.run(
      END_ORPHAN,
      ...changingValues(record),
      record.type,
      record.name,
      pid,
      startTime,
    );
    if (changed === 1) await recordEvents(transaction, [jobEvent(record, message)]);
    return changed === 1;
  });
}

/**
 * Gives a job whose owner is gone to the owner that its record names, unless someone else was quicker.
 *
 * @returns Whether it is its owner's now.
 */
export async function takeOverJob(
  state: Database,
  record: JobRecord,
  previous: ProcessIdentity,
  message: string,
): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const changed = await transaction.run(
      TAKE_OVER,
      ...changingValues(record),
      record.owner.pid,
      record.owner.startTime,
      record.type,
      record.name,
      previous.pid,
      previous.startTime,
    );
    if (changed === 1) await recordEvents(transaction, [jobEvent(record, message)]);
    return changed === 1;
  });
}
