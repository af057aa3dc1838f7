import { type DatabaseHost, databaseHosts } from '../../core/database-url.ts';
import type { HomePaths } from '../../core/home.ts';
import { makeHome } from '../../core/make-home.ts';
import type { Database } from '../database.ts';
import { homeError } from '../home-error.ts';
import { migrations } from '../migrations/index.ts';
import type { OpenDatabaseOptions } from '../open-options.ts';
import { ConnectionPool } from './connection-pool.ts';
import { databasePlace } from './database-place.ts';
import { migratePostgres, schemaState } from './migrate-postgres.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { databaseError } from './postgres-error.ts';

/** How long a statement waits for a server that is away, or another process that writes, milliseconds. */
const PATIENCE_MS = 10_000;
/** So long at most when it is opened: a wrong name is told of soon, and a server that starts again is waited for. */
const OPEN_LIMIT_MS = 5000;

/**
 * Opens a database of PostgreSQL for a home, and makes or upgrades its tables where needed. Any number of processes may
 * do so at once.
 *
 * @param url `postgresql://…`; of several hosts the one that takes writes is used, whichever that is at the time
 * @returns undefined where it is opened for reading and has no tables
 * @throws SluiceError `DatabaseUnreachable`, `DatabaseRefused`, `DatabaseForeign`, `HomeReadOnly`, `HomeVersion`, …
 */
export async function openPostgres(
  url: string,
  paths: HomePaths,
  { readOnly = false, busyTimeoutMs = PATIENCE_MS }: OpenDatabaseOptions,
): Promise<Database | undefined> {
  const place = databasePlace(url);
  const options = { urls: databaseHosts(url).map(withMeaningOfLibpq), lockLimitMs: busyTimeoutMs, readOnly };
  if (!readOnly) makeOwnHome(paths.home);
  const pool = new ConnectionPool(() => PostgresConnection.open(options), place);
  try {
    const deadline = performance.now() + Math.min(busyTimeoutMs, OPEN_LIMIT_MS);
    const connection = await pool.take(deadline);
    try {
      if (!readOnly) await migratePostgres(connection, place);
      else if (!(await isReadable(connection, options, place))) return undefined;
    } finally {
      pool.give(connection);
    }
    return new PostgresDatabase(pool, place, busyTimeoutMs);
  } catch (error) {
    await pool.close();
    throw databaseError(error, place);
  }
}

/** Upgrades an older schema, as an older home is. @returns false where there is none */
async function isReadable(
  connection: PostgresConnection,
  options: Parameters<typeof PostgresConnection.open>[0],
  place: string,
): Promise<boolean> {
  const { version } = await schemaState(connection, place);
  if (version === 0 || version === migrations.length) return version > 0;
  const writing = await PostgresConnection.open({ ...options, readOnly: false });
  try {
    await migratePostgres(writing, place);
  } finally {
    await writing.close();
  }
  return true;
}

function makeOwnHome(home: string): void {
  try {
    makeHome(home);
  } catch (error) {
    throw homeError(error, home);
  }
}

/** `sslmode=require` as everybody knows it: pg would take it for `verify-full`, with a warning. */
function withMeaningOfLibpq({ url, parts: { searchParams } }: DatabaseHost): string {
  if (!searchParams.has('sslmode') || searchParams.has('uselibpqcompat')) return url;
  return `${url}&uselibpqcompat=true`;
}
