import type { Database, Statements } from './database.ts';

/** What can be set of a log group. */
export interface LogGroupSettings {
  readonly retentionInDays?: number | undefined;
  readonly kmsKeyId?: string | undefined;
  /** @default 'STANDARD' */
  readonly logGroupClass?: string | undefined;
  readonly deletionProtectionEnabled?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A log group that somebody has created. */
export interface LogGroupRecord {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly settings: LogGroupSettings;
}

interface GroupRow {
  readonly name: string;
  readonly created_at: number;
  readonly settings: string;
}

/** Keeps a new log group. Resolves with false where there is one of this name. */
export async function createLogGroup(state: Statements, record: LogGroupRecord): Promise<boolean> {
  const sql = 'INSERT INTO log_groups (name, created_at, settings) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  return (await state.run(sql, record.name, record.createdAt, JSON.stringify(record.settings))) === 1;
}

/** The log group of this name. */
export async function getLogGroup(state: Statements, name: string): Promise<LogGroupRecord | undefined> {
  const row = await state.get<GroupRow>(
    'SELECT name, created_at, settings FROM log_groups WHERE name = ?',
    name,
  );
  return row && groupRecord(row);
}

/** Every log group that somebody has created, by name. */
export async function listLogGroups(state: Statements): Promise<LogGroupRecord[]> {
  const rows = await state.all<GroupRow>('SELECT name, created_at, settings FROM log_groups ORDER BY name');
  return rows.map(groupRecord);
}

/** Changes the settings of a log group. Resolves with false where there is none of this name. */
export async function updateLogGroup(
  state: Database,
  name: string,
  change: (settings: LogGroupSettings) => LogGroupSettings,
): Promise<boolean> {
  return state.transaction(async (transaction) => {
    const group = await getLogGroup(transaction, name);
    if (!group) return false;
    const settings = JSON.stringify(change(group.settings));
    return (await transaction.run('UPDATE log_groups SET settings = ? WHERE name = ?', settings, name)) === 1;
  });
}

/** Removes a log group with its streams and events. */
export async function deleteLogGroup(state: Database, name: string): Promise<void> {
  await state.transaction(async (transaction) => {
    const streams = 'SELECT id FROM log_streams WHERE log_group = ?';
    await transaction.run(`DELETE FROM log_events WHERE stream IN (${streams})`, name);
    await transaction.run('DELETE FROM log_streams WHERE log_group = ?', name);
    await transaction.run('DELETE FROM log_groups WHERE name = ?', name);
  });
}

function groupRecord({ name, created_at: createdAt, settings }: GroupRow): LogGroupRecord {
  return { name, createdAt, settings: JSON.parse(settings) as LogGroupSettings };
}
