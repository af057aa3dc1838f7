import type { Database, Statements } from './database.ts';

/** An event of a log stream. Times: milliseconds since 1970. */
export interface LogEventRecord {
  /** Grows with each event that is kept; never used again. */
  readonly id: number;
  readonly time: number;
  readonly ingestedAt: number;
  readonly message: string;
}

/** Which events of a stream, by their ids: `begin` inclusive, `end` exclusive. */
export interface LogEventRange {
  readonly stream: number;
  readonly begin: number;
  readonly end: number;
  /** Takes the first or the last of them; either way they come oldest first. */
  readonly from: 'begin' | 'end';
  readonly limit: number;
  /** The most bytes of messages; one event is taken whatever its length. */
  readonly maxBytes: number;
}

interface EventRow {
  readonly id: number;
  readonly time: number;
  readonly ingested_at: number;
  readonly message: string;
}

/** Events as they come in. */
export interface NewLogEvent {
  readonly time: number;
  readonly message: string;
}

const INSERT = 'INSERT INTO log_events (stream, time, ingested_at, bytes, message) VALUES (?, ?, ?, ?, ?)';
const TOUCH = `UPDATE log_streams SET ingested_at = ?,
  first_event_at = CASE WHEN first_event_at < ? THEN first_event_at ELSE ? END,
  last_event_at = CASE WHEN last_event_at > ? THEN last_event_at ELSE ? END
  WHERE id = ?`;

/** Keeps events, in their order. Resolves with false where the stream is gone. */
export async function appendLogEvents(
  state: Database,
  stream: number,
  events: readonly NewLogEvent[],
  ingestedAt: number,
): Promise<boolean> {
  const times = events.map(({ time }) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return state.transaction(async (transaction) => {
    if ((await transaction.run(TOUCH, ingestedAt, first, first, last, last, stream)) !== 1) return false;
    const rows = events.map(({ time, message }) => [
      stream,
      time,
      ingestedAt,
      Buffer.byteLength(message),
      message,
    ]);
    await transaction.runMany(INSERT, rows);
    return true;
  });
}

/** Some events of a stream, oldest first. */
export async function readLogEvents(state: Statements, range: LogEventRange): Promise<LogEventRecord[]> {
  const order = range.from === 'begin' ? 'ASC' : 'DESC';
  const inRange = 'FROM log_events WHERE stream = ? AND id >= ? AND id < ?';
  // Their sizes first: many large ones would not fit into memory.
  const sizes = await state.all<{ id: number; bytes: number }>(
    `SELECT id, bytes ${inRange} ORDER BY id ${order} LIMIT ?`,
    range.stream,
    range.begin,
    range.end,
    range.limit,
  );
  const taken = takeBytes(sizes, range.maxBytes).map(({ id }) => id);
  if (taken.length === 0) return [];
  const rows = await state.all<EventRow>(
    `SELECT id, time, ingested_at, message ${inRange} ORDER BY id`,
    range.stream,
    Math.min(...taken),
    Math.max(...taken) + 1,
  );
  return rows.map(({ ingested_at: ingestedAt, ...row }) => ({ ...row, ingestedAt }));
}

function takeBytes<Sized extends { readonly bytes: number }>(
  all: readonly Sized[],
  maxBytes: number,
): Sized[] {
  let sum = 0;
  const tooMany = all.findIndex(({ bytes }) => (sum += bytes) > maxBytes);
  return all.slice(0, tooMany === -1 ? undefined : Math.max(tooMany, 1));
}

/** The id after that of a stream's last event; 0 where it has none. */
export async function logEventsEnd(state: Statements, stream: number): Promise<number> {
  const row = await state.get<{ last: number | null }>(
    'SELECT MAX(id) AS last FROM log_events WHERE stream = ?',
    stream,
  );
  return (row?.last ?? -1) + 1;
}

/** The least id of a stream's events that are not older than a time; undefined where there is none. */
export async function firstLogEventAt(
  state: Statements,
  stream: number,
  time: number,
): Promise<number | undefined> {
  const sql = 'SELECT MIN(id) AS first FROM log_events WHERE stream = ? AND time >= ?';
  return (await state.get<{ first: number | null }>(sql, stream, time))?.first ?? undefined;
}

/** Removes a stream's events that are older than a time. */
export async function deleteLogEventsBefore(state: Statements, stream: number, time: number): Promise<void> {
  await state.run('DELETE FROM log_events WHERE stream = ? AND time < ?', stream, time);
}
