import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homePaths } from '../../../src/core/home.ts';
import { listEvents, listRuns, type OpenDatabaseOptions, openDatabase } from '../../../src/state/index.ts';
import { migrations } from '../../../src/state/migrations/index.ts';
import { databaseName, openTestDatabase, psql, testDatabaseUrl } from '../../harness/database.ts';

const tcp = new URL(process.env['SLUICE_TEST_DATABASE_TCP'] ?? 'postgresql://none');

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A home whose database is there, and empty but for what the SQL makes. */
function withDatabase(sql = ''): {
  home: string;
  database: string;
  open(options?: OpenDatabaseOptions): Promise<unknown>;
} {
  const home = newHome();
  testDatabaseUrl(home);
  const database = databaseName(home);
  if (sql !== '') assert.doesNotMatch(psql(database, sql).stderr, /ERROR/);
  const open = (options?: OpenDatabaseOptions): Promise<unknown> =>
    openTestDatabase(home, options).then((state) => state.close());
  return { home, database, open };
}

describe('openDatabase with a URL', () => {
  it('lets several processes open a fresh database at once', async () => {
    const home = newHome();
    testDatabaseUrl(home);
    const child = join(import.meta.dirname, '../../fixtures/state/open-and-write.ts');
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, [child, home], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const codes = await Promise.all(children.map(async (each) => (await once(each, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0, 0]);
    const state = await openTestDatabase(home);
    onTestFinished(() => state.close());
    expect(await listEvents(state)).toHaveLength(50);
  });

  it('reads one without tables as empty, and makes none', async () => {
    const { home, database } = withDatabase();
    const state = await openTestDatabase(home, { readOnly: true });
    expect(await listRuns(state)).toEqual([]);
    await state.close();
    expect(psql(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'").stdout).toBe('0\n');
  });

  it('gives every text the collation of bytes', async () => {
    const { database, open } = withDatabase();
    await open();
    const other = `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'sluice'
      AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`;
    expect(psql(database, other).stdout).toBe('0\n');
  });

  it('upgrades an older schema, for readers, too', async () => {
    const older = migrations
      .slice(0, 5)
      .map(({ name, postgres }, index) =>
        [...postgres, `INSERT INTO migrations (version, name) VALUES (${index + 1}, '${name}')`].join(';\n'),
      );
    const { database, open } = withDatabase(`CREATE SCHEMA sluice; SET search_path TO sluice;
      CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now());
      ${older.join(';\n')}`);
    expect(psql(database, 'SELECT count(*) FROM sluice.migrations').stdout).toBe('5\n');
    await open({ readOnly: true });
    expect(psql(database, 'SELECT count(*) FROM sluice.migrations').stdout).toBe(`${migrations.length}\n`);
    expect(psql(database, 'SELECT count(*) FROM sluice.workers').stdout).not.toBe('');
  });

  it('refuses a newer schema', async () => {
    const { database, open } = withDatabase();
    await open();
    psql(database, "INSERT INTO sluice.migrations SELECT max(version) + 1, 'later' FROM sluice.migrations");
    const refused = { code: 'HomeVersion', hint: expect.stringContaining('Upgrade Sluice') as string };
    await expect(open()).rejects.toMatchObject(refused);
    await expect(open({ readOnly: true })).rejects.toMatchObject(refused);
  });

  it.each([
    ['tables', 'CREATE SCHEMA sluice; CREATE TABLE sluice.gates (n INT)'],
    ['migrations of its own', 'CREATE SCHEMA sluice; CREATE TABLE sluice.migrations (version INT)'],
    [
      'migrations of other names',
      "CREATE SCHEMA sluice; CREATE TABLE sluice.migrations (version INT, name TEXT); INSERT INTO sluice.migrations VALUES (1, 'gates')",
    ],
  ])('refuses a schema that holds %s of another program, and leaves it as it is', async (_what, sql) => {
    const { open } = withDatabase(sql);
    const refused = { code: 'DatabaseForeign', message: expect.stringContaining("'sluice'") as string };
    await expect(open()).rejects.toMatchObject(refused);
    await expect(open({ readOnly: true })).rejects.toMatchObject(refused);
  });

  it('takes a schema that was made for a role without rights of its own, and says so where there is none', async () => {
    const role = `"poor_${process.pid}_${Date.now()}"`;
    const { home, database } = withDatabase(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    onTestFinished(() => void psql(database, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const url = `postgresql://${role.slice(1, -1)}:secret@${tcp.host}/${database}`;
    const denied = await openDatabase(homePaths(home), { url }).catch((error: unknown) => error);
    expect(denied).toMatchObject({
      code: 'DatabaseRefused',
      hint: expect.stringContaining('operating.md') as string,
    });
    psql(database, `CREATE SCHEMA sluice AUTHORIZATION ${role}`);
    await (await openDatabase(homePaths(home), { url })).close();
  });

  it('refuses a database whose encoding does not hold every text', async () => {
    const { home, database } = withDatabase();
    const latin = `${database}_latin`;
    psql(database, `CREATE DATABASE ${latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const url = `postgresql://${tcp.username}:${tcp.password}@${tcp.host}/${latin}`;
    await expect(openDatabase(homePaths(home), { url })).rejects.toMatchObject({
      code: 'DatabaseRefused',
      message: expect.stringContaining('as LATIN1: expected UTF8') as string,
      hint: expect.stringContaining("ENCODING 'UTF8'") as string,
    });
  });

  it('waits for a connection that others have, and says so after a while', async () => {
    const role = `"one_${process.pid}_${Date.now()}"`;
    const { home, database } = withDatabase(
      `CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 1; CREATE SCHEMA sluice AUTHORIZATION ${role}`,
    );
    onTestFinished(() => void psql(database, `DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`));
    const url = `postgresql://${role.slice(1, -1)}:secret@${tcp.host}/${database}`;
    const first = await openDatabase(homePaths(home), { url });
    await expect(openDatabase(homePaths(home), { url, busyTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'DatabaseUnreachable',
      message: expect.stringContaining('no connection left') as string,
    });
    const waiting = openDatabase(homePaths(home), { url });
    await first.close();
    await (await waiting).close();
  });

  it.each([
    ['a wrong password', (url: URL) => Object.assign(url, { password: 'pa%40ss' }), 'DatabaseRefused'],
    ['no password', (url: URL) => Object.assign(url, { password: '' }), 'DatabaseRefused'],
    ['an unknown user', (url: URL) => Object.assign(url, { username: 'nobody' }), 'DatabaseRefused'],
    ['an unknown database', (url: URL) => Object.assign(url, { pathname: '/none' }), 'DatabaseRefused'],
    [
      'encryption that the server has not',
      (url: URL) => Object.assign(url, { search: '?sslmode=require' }),
      'DatabaseRefused',
    ],
    ['a port where nobody listens', (url: URL) => Object.assign(url, { port: '1' }), 'DatabaseUnreachable'],
    [
      'an unknown host',
      (url: URL) => Object.assign(url, { hostname: 'none.invalid' }),
      'DatabaseUnreachable',
    ],
    [
      'a socket that is not there',
      (url: URL) => Object.assign(url, { search: '?host=/nowhere' }),
      'DatabaseUnreachable',
    ],
  ])('tells of %s, without the password', async (_what, change, code) => {
    const url = change(new URL(`${tcp.href}/postgres`));
    const options = { url: url.href, busyTimeoutMs: 100 };
    const error = await openDatabase(homePaths(newHome()), options).catch(
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({ code, hint: expect.any(String) as string });
    const told = JSON.stringify([String(error), error]);
    for (const secret of [tcp.password, 'pa%40ss', 'pa@ss']) expect(told).not.toContain(secret);
  });
});
