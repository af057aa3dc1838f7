import type { Database, Statements } from './database.ts';

/** A log stream that somebody has created. Times: milliseconds since 1970. */
export interface LogStreamRecord {
  readonly id: number;
  readonly group: string;
  readonly name: string;
  readonly createdAt: number;
  /** Of its events: undefined while it has none. */
  readonly firstEventAt?: number | undefined;
  readonly lastEventAt?: number | undefined;
  readonly ingestedAt?: number | undefined;
}

interface StreamRow {
  readonly id: number;
  readonly log_group: string;
  readonly name: string;
  readonly created_at: number;
  readonly first_event_at: number | null;
  readonly last_event_at: number | null;
  readonly ingested_at: number | null;
}

const SELECT =
  'SELECT id, log_group, name, created_at, first_event_at, last_event_at, ingested_at FROM log_streams';

/** Keeps a new log stream. Resolves with false where there is one of this name. */
export async function createLogStream(
  state: Statements,
  { group, name, createdAt }: Pick<LogStreamRecord, 'group' | 'name' | 'createdAt'>,
): Promise<boolean> {
  const sql = 'INSERT INTO log_streams (log_group, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  return (await state.run(sql, group, name, createdAt)) === 1;
}

/** The log stream of this name. */
export async function getLogStream(
  state: Statements,
  group: string,
  name: string,
): Promise<LogStreamRecord | undefined> {
  const row = await state.get<StreamRow>(`${SELECT} WHERE log_group = ? AND name = ?`, group, name);
  return row && streamRecord(row);
}

/** The log streams of a group that somebody has created, by name. */
export async function listLogStreams(state: Statements, group: string): Promise<LogStreamRecord[]> {
  const rows = await state.all<StreamRow>(`${SELECT} WHERE log_group = ? ORDER BY name`, group);
  return rows.map(streamRecord);
}

/** Removes a log stream with its events. Resolves with false where there is none. */
export async function deleteLogStream(state: Database, group: string, name: string): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const stream = await getLogStream(transaction, group, name);
    if (!stream) return false;
    await transaction.run('DELETE FROM log_events WHERE stream = ?', stream.id);
    return (await transaction.run('DELETE FROM log_streams WHERE id = ?', stream.id)) === 1;
  });
}

function streamRecord(row: StreamRow): LogStreamRecord {
  return {
    id: row.id,
    group: row.log_group,
    name: row.name,
    createdAt: row.created_at,
    firstEventAt: row.first_event_at ?? undefined,
    lastEventAt: row.last_event_at ?? undefined,
    ingestedAt: row.ingested_at ?? undefined,
  };
}
