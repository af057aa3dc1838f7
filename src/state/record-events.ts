import type { Json } from '../graph/index.ts';
import type { Statements } from './database.ts';

/** Something that happened, to be kept in the same transaction as the change it tells of. */
export interface NewEvent {
  /** What it happened to: `run`, `node`, `job`. */
  readonly kind: string;
  /** Which one: the run's id (of nodes, too: their id is in `data.node`), `<type>/<job name>`. */
  readonly subject: string;
  /** What happened: the new phase or status, as a rule. */
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly data?: Json;
}

/** Keeps events, within the transaction of the changes they tell of. */
export async function recordEvents(transaction: Statements, events: Iterable<NewEvent>): Promise<void> {
  await transaction.runMany(
    'INSERT INTO events (time, kind, subject, type, data) VALUES (?, ?, ?, ?, ?)',
    rows(events),
  );
}

function* rows(events: Iterable<NewEvent>): Generator<(string | number | null)[]> {
  for (const { time, kind, subject, type, data } of events) {
    yield [time, kind, subject, type, data === undefined ? null : JSON.stringify(data)];
  }
}
