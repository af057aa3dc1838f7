import type { Database, Statements } from './database.ts';
import type { JobRecord } from './jobs.ts';
import { changingValues, type JobRow, jobEvent, SET_CHANGING } from './jobs-rows.ts';
import { type Lease, leaseLost, OWNER, OWNER_PROCESS } from './lease.ts';
import { type NewEvent, recordEvents } from './record-events.ts';
import type { WorkerRecord } from './workers.ts';
import { expelWorker } from './workers-save.ts';

const OF_JOB = 'WHERE type = ? AND name = ?';
const OF_HOLDER = `${OF_JOB} AND ${OWNER} = ? AND fence = ?`;
const OPEN = "status IN ('InProgress', 'Stopping')";
const UPDATE = `UPDATE jobs ${SET_CHANGING} ${OF_HOLDER}`;
const END_ORPHAN = `UPDATE jobs ${SET_CHANGING}, fence = fence + 1 ${OF_HOLDER} AND ${OPEN}`;
/** Until the transaction has ended, nobody else changes the row. */
const HOLD = `UPDATE jobs SET fence = fence ${OF_HOLDER} AND ${OPEN}`;
const FOUND = `SELECT status, progress FROM jobs ${OF_JOB}`;
const TAKE_OVER = `UPDATE jobs ${SET_CHANGING}, fence = fence + 1, owner = ?, (owner_pid, owner_start) =
  (SELECT ${OWNER_PROCESS}) ${OF_HOLDER} AND ${OPEN}`;

/** What has changed of a job, and the events that tell of it. */
export interface JobUpdate {
  readonly record: JobRecord;
  readonly events: readonly NewEvent[];
}

/** A job whose holder is away or gone. */
export interface Orphan {
  /** As it was found. */
  readonly found: JobRecord;
  /** As it is to be from now on; its lease is still the old one. */
  readonly record: JobRecord;
  /** Its holder as it was found; undefined for one that had ended by then. */
  readonly holder: WorkerRecord | undefined;
  /** For the event. */
  readonly message: string;
}

/**
 * Keeps what has changed of a job by the time that it is written: `take` is called once, then.
 *
 * @throws SluiceError `LeaseLost` where it is somebody else's by now: nothing is kept then
 */
export async function updateJob(state: Database, take: () => JobUpdate): Promise<void> {
  let taken: JobUpdate | undefined;
  await state.groupedTransaction(async (transaction) => {
    taken ??= take();
    const { record, events } = taken;
    if ((await transaction.run(UPDATE, ...changingValues(record), ...holderOf(record))) !== 1)
      throw leaseLost(`The ${record.type} job '${record.name}'`);
    await recordEvents(transaction, events);
  });
}

/**
 * Ends an orphan, unless someone else was quicker, its holder has come back, or has written something since it was found.
 *
 * @returns Whether it was this call that ended it.
 */
export async function endOrphan(
  state: Database,
  { found, record, holder, message }: Orphan,
): Promise<boolean> {
  return state.transaction(async (transaction) => {
    if (!(await expelWorker(transaction, holder)) || !(await isAsFound(transaction, found))) return false;
    const changed = await transaction.run(END_ORPHAN, ...changingValues(record), ...holderOf(record));
    return keptEvent(transaction, changed, record, message);
  });
}

/**
 * Gives an orphan to another worker, unless someone else was quicker, its holder has come back, or has written something
 * since it was found.
 *
 * @returns its new lease
 */
export async function takeOverJob(
  state: Database,
  { found, record, holder, message }: Orphan,
  worker: string,
): Promise<Lease | undefined> {
  return state.transaction(async (transaction) => {
    if (!(await expelWorker(transaction, holder)) || !(await isAsFound(transaction, found))) return undefined;
    const owner = [worker, worker, worker];
    const changed = await transaction.run(
      TAKE_OVER,
      ...changingValues(record),
      ...owner,
      ...holderOf(record),
    );
    if (!(await keptEvent(transaction, changed, record, message))) return undefined;
    return { worker, fence: record.lease.fence + 1 };
  });
}

/**
 * Whether the holder has written nothing since a job was found. One that was away and has come back may have decided what
 * the job's outputs are, and begun to publish them: who takes the job over must know.
 */
async function isAsFound(transaction: Statements, found: JobRecord): Promise<boolean> {
  if ((await transaction.run(HOLD, ...holderOf(found))) !== 1) return false;
  const row = await transaction.get<Pick<JobRow, 'status' | 'progress'>>(FOUND, found.type, found.name);
  const progress = JSON.stringify(JSON.parse(row?.progress ?? 'null'));
  return row?.status === found.status && progress === JSON.stringify(found.progress);
}

function holderOf({ type, name, lease }: JobRecord): [string, string, string, number] {
  return [type, name, lease.worker, lease.fence];
}

async function keptEvent(
  transaction: Statements,
  changed: number,
  record: JobRecord,
  message: string,
): Promise<boolean> {
  if (changed === 1) await recordEvents(transaction, [jobEvent(record, message)]);
  return changed === 1;
}
