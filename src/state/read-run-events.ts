import type { Json } from '../graph/index.ts';
import type { Statements } from './database.ts';
import { lastEventId, type StateEvent } from './list-events.ts';

/** Where a reader of a run's events is. */
export interface EventPosition {
  /** The id of the last event that it has read. */
  readonly after: number;
  /** Up to here all events of the home were looked through. @default 0 */
  readonly seen?: number;
}

/** Events of a run, and where to go on. */
export interface RunEventPage {
  readonly events: readonly StateEvent[];
  readonly position: EventPosition;
}

/** Ids are given when an event is written, and may come into sight in another order: so many are looked at again. */
const OVERLAP = 5000;

/**
 * The next events of a run. Events of all runs lie in one row: who asks again and again for the end of it does not look
 * through what others have written meanwhile a second time.
 */
export async function readRunEvents(
  state: Statements,
  run: string,
  { after, seen = 0 }: EventPosition,
  limit = 500,
): Promise<RunEventPage> {
  const last = await lastEventId(state);
  const from = Math.max(after, seen - OVERLAP);
  const rows = await state.all<Omit<StateEvent, 'data'> & { data: string | null }>(
    `SELECT id, time, kind, subject, type, data FROM events
      WHERE id > ? AND subject = ? AND kind IN ('run', 'node')
        AND id >= (SELECT min(id) FROM events AS own WHERE own.subject = ? AND own.kind <> 'node')
      ORDER BY id LIMIT ?`,
    from,
    run,
    run,
    limit,
  );
  const events = rows.map(({ data, ...event }) =>
    data === null ? event : Object.assign(event, { data: JSON.parse(data) as Json }),
  );
  const end = events.at(-1)?.id ?? after;
  return { events, position: { after: end, seen: rows.length < limit ? last : end } };
}
