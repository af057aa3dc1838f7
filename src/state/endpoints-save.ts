import type { Database, Statements } from './database.ts';
import type { EndpointRecord } from './endpoints.ts';
import { recordEvents } from './record-events.ts';
import { deleteTags } from './tags.ts';

const INSERT = `INSERT INTO endpoints (name, arn, status, created_at, modified_at, request, progress)
  SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM endpoints WHERE arn = ?) ON CONFLICT DO NOTHING`;
const UPDATE = 'UPDATE endpoints SET status = ?, modified_at = ?, progress = ? WHERE name = ?';

/** Keeps a new endpoint. Resolves with false when one has the name, whatever its case: that one stays. */
export async function createEndpoint(state: Database, record: EndpointRecord): Promise<boolean> {
  const { name, arn, status, createdAt, modifiedAt, request, progress } = record;
  return state.transaction(async (transaction) => {
    const texts = [JSON.stringify(request), JSON.stringify(progress)] as const;
    const created = await transaction.run(INSERT, name, arn, status, createdAt, modifiedAt, ...texts, arn);
    if (created === 1) await recordStatus(transaction, record);
    return created === 1;
  });
}

/** Keeps what has changed of an endpoint; where its status has, also the event. */
export async function updateEndpoint(
  state: Database,
  record: EndpointRecord,
  statusChanged: boolean,
): Promise<void> {
  const { name, status, modifiedAt, progress } = record;
  await state.transaction(async (transaction) => {
    await transaction.run(UPDATE, status, modifiedAt, JSON.stringify(progress), name);
    if (statusChanged) await recordStatus(transaction, record);
  });
}

/** Forgets an endpoint and its tags. */
export async function deleteEndpoint(state: Database, record: EndpointRecord, time: number): Promise<void> {
  await state.transaction(async (transaction) => {
    await transaction.run('DELETE FROM endpoints WHERE name = ?', record.name);
    await deleteTags(transaction, record.arn);
    await recordEvents(transaction, [
      { kind: 'endpoint', subject: record.name, type: 'Deleted', time, data: {} },
    ]);
  });
}

async function recordStatus(transaction: Statements, record: EndpointRecord): Promise<void> {
  const { failureReason } = record.progress;
  const data = failureReason === undefined ? {} : { failureReason };
  await recordEvents(transaction, [
    { kind: 'endpoint', subject: record.name, type: record.status, time: record.modifiedAt, data },
  ]);
}
