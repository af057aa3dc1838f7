import type { Json } from '../graph/index.ts';
import type { Statements } from './database.ts';
import type { NewEvent } from './record-events.ts';

/** An event as it is kept. */
export interface StateEvent extends NewEvent {
  /** Grows with each event of the home. */
  readonly id: number;
}

/** Which events to read. */
export interface EventFilter {
  readonly kind?: string;
  readonly subject?: string;
  /** Only events with a greater id. @default 0 */
  readonly after?: number;
  /** @default 1000 */
  readonly limit?: number;
}

/** The id of the last event of the home; 0 where there is none. */
export async function lastEventId(state: Statements): Promise<number> {
  return (await state.get<{ id: number | null }>('SELECT max(id) AS id FROM events'))?.id ?? 0;
}

/** Events in their order. */
export async function listEvents(state: Statements, filter: EventFilter = {}): Promise<StateEvent[]> {
  const conditions = ['id > ?'];
  const parameters: (string | number)[] = [filter.after ?? 0];
  if (filter.kind !== undefined) {
    conditions.push('kind = ?');
    parameters.push(filter.kind);
  }
  if (filter.subject !== undefined) {
    // The second condition leads to the first event without an index of all: see the migration.
    conditions.push(
      'subject = ?',
      "id >= (SELECT min(id) FROM events AS own WHERE own.subject = ? AND own.kind <> 'node')",
    );
    parameters.push(filter.subject, filter.subject);
  }
  const sql = `SELECT id, time, kind, subject, type, data FROM events WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ?`;
  const rows = await state.all<Omit<StateEvent, 'data'> & { data: string | null }>(
    sql,
    ...parameters,
    filter.limit ?? 1000,
  );
  return rows.map(({ data, ...event }) =>
    data === null ? event : Object.assign(event, { data: JSON.parse(data) as Json }),
  );
}
