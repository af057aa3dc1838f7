import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { systemErrorCode } from '../../core/errors.ts';
import type { HomePaths } from '../../core/home.ts';
import { makeHome } from '../../core/make-home.ts';
import type { Database } from '../database.ts';
import { migrations } from '../migrations/index.ts';
import type { OpenDatabaseOptions } from '../open-options.ts';
import { migrateSqlite, schemaVersion } from './migrate-sqlite.ts';
import { SqliteDatabase } from './sqlite-database.ts';
import { stateError } from './sqlite-error.ts';

/** How long a statement waits for another process that writes, milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;
/** For so long a statement may hold up all else while it waits, milliseconds. */
const BLOCKING_MS = 20;

/**
 * Opens the database in a home, and makes or upgrades it where needed. Any number of processes may do so at once.
 *
 * @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion`, `HomeDamaged`, `DatabaseForeign`, `DiskFull`
 */
export async function openSqlite(paths: HomePaths, options: OpenDatabaseOptions): Promise<Database> {
  const { readOnly = false, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  try {
    const connection = readOnly
      ? openForReading(paths.database, busyTimeoutMs)
      : openForWriting(paths, busyTimeoutMs);
    // From here on whoever waits leaves the event loop free between its tries.
    connection.exec(`PRAGMA busy_timeout = ${Math.min(busyTimeoutMs, BLOCKING_MS)}`);
    return new SqliteDatabase(connection, paths.database, busyTimeoutMs, options.clock);
  } catch (error) {
    throw stateError(error, paths.database);
  }
}

/** An empty database, of no file. */
export function openEmptySqlite(path: string): Database {
  return new SqliteDatabase(emptyDatabase(path), path, 0);
}

function openForWriting(paths: HomePaths, timeout: number): DatabaseSync {
  makeHome(paths.home);
  return prepared(new DatabaseSync(paths.database, { timeout }), (connection) => {
    migrateSqlite(connection, paths.database);
    // Per connection, see docs/decisions: a killed process loses nothing, a power cut at most the last commits. A
    // longer log (40 MiB) writes pages that change again and again less often.
    connection.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 20000');
  });
}

function openForReading(path: string, timeout: number): DatabaseSync {
  if (!isThere(path)) return emptyDatabase(path);
  return prepared(readingConnection(path, timeout), (connection) => {
    if (schemaVersion(connection) !== migrations.length) upgrade(path, timeout);
  });
}

/** @throws the system's error where a part of the path is no directory, or may not be entered */
function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function readingConnection(path: string, timeout: number): DatabaseSync {
  try {
    return prepared(new DatabaseSync(path, { readOnly: true, timeout }), schemaVersion);
  } catch (error) {
    if (!isUnwritable(error) || existsSync(`${path}-wal`)) throw error;
    // Where SQLite cannot make its -shm file and there is no log, nobody writes, and it can read without.
    return new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true, timeout });
  }
}

/** CANTOPEN or READONLY. */
function isUnwritable(error: unknown): boolean {
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return code === 14 || code === 8;
}

function upgrade(path: string, timeout: number): void {
  prepared(new DatabaseSync(path, { timeout }), (connection) => migrateSqlite(connection, path)).close();
}

function emptyDatabase(path: string): DatabaseSync {
  return prepared(new DatabaseSync(':memory:'), (connection) => migrateSqlite(connection, path));
}

/** Leaves no connection open when its preparation fails. */
function prepared(connection: DatabaseSync, prepare: (connection: DatabaseSync) => unknown): DatabaseSync {
  try {
    prepare(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
