import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { homePaths } from '../../src/core/home.ts';
import { type Database, type OpenDatabaseOptions, openDatabase } from '../../src/state/index.ts';

/** The server that `npm run test:postgres` has started; undefined: homes have a database of their own. */
export const postgresServer = process.env['SLUICE_TEST_DATABASE'];

/** Opens the state of a test's home, in the dialect that is tested. Child processes of a test may do so, too. */
export function openTestDatabase(home: string, options: OpenDatabaseOptions = {}): Promise<Database> {
  return openDatabase(homePaths(home), { ...options, url: testDatabaseUrl(home) });
}

const made = new Set<string>();

/** The URL of the database of a test's home, which is made where there is none; undefined for SQLite. */
export function testDatabaseUrl(home: string): string | undefined {
  if (postgresServer === undefined) return undefined;
  const name = databaseName(home);
  if (!made.has(name)) {
    const { stderr } = psql('postgres', `CREATE DATABASE ${name}`);
    if (stderr !== '' && !/already exists|duplicate key/.test(stderr)) throw new Error(stderr);
    made.add(name);
  }
  return `${postgresServer}/${name}`;
}

/** The database of a test's home on the server. */
export function databaseName(home: string): string {
  return `test_${createHash('sha1').update(home).digest('hex').slice(0, 16)}`;
}

/** Runs SQL as the server's superuser. */
export function psql(database: string, sql: string): { readonly stdout: string; readonly stderr: string } {
  const args = ['-X', '-q', '-At', '-d', `${postgresServer}/${database}`, '-c', sql];
  return spawnSync('psql', args, { encoding: 'utf8' });
}
