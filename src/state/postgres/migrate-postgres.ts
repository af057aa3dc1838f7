import { SluiceError } from '../../core/errors.ts';
import { migrations } from '../migrations/index.ts';
import { newerSchema } from '../migrations/newer-schema.ts';
import type { Step } from './exchange.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { databaseError } from './postgres-error.ts';
import { LOCK_WRITERS } from './postgres-transaction.ts';

/** How long all steps together may take, milliseconds: tables may be large. */
const MIGRATION_LIMIT_MS = 3_600_000;
/** No table, or one that has not our columns. */
const NOT_OURS = new Set(['42P01', '42703']);

const LOOK = `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'sluice') AS has_schema,
  (SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'sluice' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) AS relations,
  to_regclass('sluice.migrations') IS NOT NULL AS has_migrations,
  current_setting('server_encoding') AS encoding`;

/** What is in the schema `sluice`: the number of migrations that it has seen. */
interface SchemaState {
  readonly exists: boolean;
  readonly version: number;
}

/**
 * Looks at what there is. Two queries.
 *
 * @throws SluiceError `HomeVersion` when a newer version of Sluice has written it, `DatabaseForeign` when another
 *   program has, `DatabaseRefused` without the right to look, and where it cannot hold every text
 */
export async function schemaState(connection: PostgresConnection, place: string): Promise<SchemaState> {
  const [look] = await connection.exchange([step(LOOK)]);
  const [exists, relations, hasMigrations, encoding] = look?.rows[0] ?? [];
  if (encoding !== 'UTF8') throw otherEncoding(place, encoding as string);
  if (!hasMigrations) {
    if (relations !== 0) throw foreign(place);
    return { exists: exists === 1, version: 0 };
  }
  const names = await migrationNames(connection, place);
  if (names.some((name, index) => name !== (migrations[index]?.name ?? name))) throw foreign(place);
  if (names.length > migrations.length) throw newerSchema(names.length, migrations.length, place);
  return { exists: true, version: names.length };
}

/**
 * Brings the schema up to date, in one transaction; any number of processes may do so at once.
 *
 * @throws SluiceError as {@link schemaState}
 */
export async function migratePostgres(connection: PostgresConnection, place: string): Promise<void> {
  if ((await schemaState(connection, place)).version === migrations.length) return;
  const begin = ['BEGIN', `SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = '60s'`, LOCK_WRITERS];
  try {
    await connection.exchange(begin.map(step), MIGRATION_LIMIT_MS);
    // Another process may have been quicker.
    const state = await schemaState(connection, place);
    await connection.exchange([...stepsFrom(state), step('COMMIT')], MIGRATION_LIMIT_MS);
  } catch (error) {
    await connection.exchange([step('ROLLBACK')]).catch(() => connection.destroy());
    throw error;
  }
}

function stepsFrom({ exists, version }: SchemaState): Step[] {
  const first = [
    // Whoever may not make schemas may use one that was made for them.
    ...(exists ? [] : ['CREATE SCHEMA sluice']),
    'CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())',
  ];
  return [
    ...(version === 0 ? first : []).map(step),
    ...migrations
      .slice(version)
      .flatMap(({ name, postgres }, index) => [
        ...postgres.map(step),
        { sql: 'INSERT INTO migrations (version, name) VALUES (?, ?)', rows: [[version + index + 1, name]] },
      ]),
  ];
}

async function migrationNames(connection: PostgresConnection, place: string): Promise<readonly string[]> {
  try {
    const [result] = await connection.exchange([step('SELECT name FROM sluice.migrations ORDER BY version')]);
    return (result?.rows ?? []).map(([name]) => name as string);
  } catch (error) {
    throw NOT_OURS.has((error as { code?: string }).code ?? '')
      ? foreign(place)
      : databaseError(error, place);
  }
}

function step(sql: string): Step {
  return { sql, rows: [[]] };
}

function otherEncoding(place: string, encoding: string): SluiceError {
  return new SluiceError(
    'DatabaseRefused',
    `The database ${place} keeps text as ${encoding}: expected UTF8, which holds every name and message.`,
    { hint: "Make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0." },
  );
}

function foreign(place: string): SluiceError {
  return new SluiceError(
    'DatabaseForeign',
    `The schema 'sluice' of the database ${place} holds tables that Sluice has not made.`,
    {
      hint: 'Name another database in DATABASE_URL, or have that schema renamed: ALTER SCHEMA sluice RENAME TO other.',
    },
  );
}
