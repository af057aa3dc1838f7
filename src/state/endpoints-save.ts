import type { SluiceError } from '../core/errors.ts';
import type { Database, Statements } from './database.ts';
import type { EndpointRecord } from './endpoints.ts';
import { getEndpoint } from './endpoints-get.ts';
import { leaseLost } from './lease.ts';
import { recordEvents } from './record-events.ts';
import { deleteTags } from './tags.ts';
import type { WorkerRecord } from './workers.ts';
import { expelWorker } from './workers-save.ts';

const INSERT = `INSERT INTO endpoints (name, arn, status, created_at, modified_at, request, progress, owner, fence)
  SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM endpoints WHERE arn = ?) ON CONFLICT DO NOTHING`;
const OF_HOLDER = 'WHERE name = ? AND owner = ? AND fence = ?';
const UPDATE = `UPDATE endpoints SET status = ?, modified_at = ?, progress = ? ${OF_HOLDER}`;
const CLAIM = `UPDATE endpoints SET owner = ?, fence = fence + 1 ${OF_HOLDER}`;

/** Keeps a new endpoint. Resolves with false when one has the name, whatever its case: that one stays. */
export async function createEndpoint(state: Database, record: EndpointRecord): Promise<boolean> {
  const { name, arn, status, createdAt, modifiedAt, request, progress, lease } = record;
  return state.transaction(async (transaction) => {
    const texts = [JSON.stringify(request), JSON.stringify(progress)] as const;
    const values = [name, arn, status, createdAt, modifiedAt, ...texts, lease.worker, lease.fence, arn];
    const created = await transaction.run(INSERT, ...values);
    if (created === 1) await recordStatus(transaction, record);
    return created === 1;
  });
}

/**
 * Keeps what has changed of an endpoint; where its status has, also the event.
 *
 * @throws SluiceError `LeaseLost` where another worker serves it by now: nothing is kept then
 */
export async function updateEndpoint(
  state: Database,
  record: EndpointRecord,
  statusChanged: boolean,
): Promise<void> {
  const { status, modifiedAt, progress } = record;
  await state.transaction(async (transaction) => {
    const values = [status, modifiedAt, JSON.stringify(progress), ...holderOf(record)];
    if ((await transaction.run(UPDATE, ...values)) !== 1) throw endpointLost(record);
    if (statusChanged) await recordStatus(transaction, record);
  });
}

/** Forgets an endpoint and its tags. @throws SluiceError `LeaseLost` where another worker serves it by now */
export async function deleteEndpoint(state: Database, record: EndpointRecord, time: number): Promise<void> {
  await state.transaction(async (transaction) => {
    const deleted = await transaction.run(`DELETE FROM endpoints ${OF_HOLDER}`, ...holderOf(record));
    if (deleted !== 1) throw endpointLost(record);
    await deleteTags(transaction, record.arn);
    await recordEvents(transaction, [
      { kind: 'endpoint', subject: record.name, type: 'Deleted', time, data: {} },
    ]);
  });
}

/**
 * Gives an endpoint whose worker is away or gone to another one, unless someone else was quicker or its worker has come back.
 *
 * @param holder its worker as it was found; undefined for one that had ended by then
 * @returns it as its last worker left it, which may have kept more since it was found, with its new lease
 */
export async function claimEndpoint(
  state: Database,
  { name, lease }: EndpointRecord,
  holder: WorkerRecord | undefined,
  worker: string,
): Promise<EndpointRecord | undefined> {
  return state.transaction(async (transaction) => {
    if (!(await expelWorker(transaction, holder))) return undefined;
    const changed = await transaction.run(CLAIM, worker, name, lease.worker, lease.fence);
    return changed === 1 ? getEndpoint(transaction, name) : undefined;
  });
}

function holderOf({ name, lease }: EndpointRecord): [string, string, number] {
  return [name, lease.worker, lease.fence];
}

function endpointLost({ name }: EndpointRecord): SluiceError {
  return leaseLost(`The endpoint '${name}'`);
}

async function recordStatus(transaction: Statements, record: EndpointRecord): Promise<void> {
  const { failureReason } = record.progress;
  const data = failureReason === undefined ? {} : { failureReason };
  await recordEvents(transaction, [
    { kind: 'endpoint', subject: record.name, type: record.status, time: record.modifiedAt, data },
  ]);
}
