import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../../scripts/support/postgres.mjs';
import { homePaths } from '../../../src/core/home.ts';
import { type Database, listEvents, openDatabase, recordEvents } from '../../../src/state/index.ts';
import { databaseName, openTestDatabase, psql, testDatabaseUrl } from '../../harness/database.ts';

const event = { kind: 'run', subject: 'one', type: 'Running', time: 5 };

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function closedAfter(state: Database): Database {
  onTestFinished(() => state.close());
  return state;
}

const write = (state: Database, subject = 'one'): Promise<void> =>
  state.transaction((transaction) => recordEvents(transaction, [{ ...event, subject }]));

test('who follows the events of two writers misses none', async () => {
  const home = newHome();
  const open = async (): Promise<Database> => closedAfter(await openTestDatabase(home));
  const [first, second, reader] = [await open(), await open(), await open()];
  const writing = Promise.all(
    [first, second].map(async (state) => {
      for (let index = 0; index < 60; index++) await write(state, `${index}`);
    }),
  );
  let done = false;
  void writing.finally(() => (done = true));
  const seen: number[] = [];
  for (let last = false; !last; ) {
    last = done;
    for (const { id } of await listEvents(reader, { after: seen.at(-1) ?? 0 })) seen.push(id);
  }
  await writing;
  expect(seen).toEqual((await listEvents(reader)).map(({ id }) => id));
  expect(seen).toHaveLength(120);
});

test('writers of several processes do not lose what the others have written', async () => {
  const home = newHome();
  const states = await Promise.all([1, 2, 3].map(async () => closedAfter(await openTestDatabase(home))));
  await states[0]?.run('INSERT INTO tags (arn, tags) VALUES (?, ?)', 'counter', '0');
  const add = (state: Database): Promise<number> =>
    state.transaction(async (transaction) => {
      const row = await transaction.get<{ tags: string }>('SELECT tags FROM tags WHERE arn = ?', 'counter');
      return transaction.run(
        'UPDATE tags SET tags = ? WHERE arn = ?',
        String(Number(row?.tags) + 1),
        'counter',
      );
    });
  await Promise.all(states.flatMap((state) => Array.from({ length: 20 }, () => add(state))));
  expect(await states[1]?.get('SELECT tags FROM tags')).toEqual({ tags: '60' });
});

test('sessions that are ended are opened again, and what they had not committed is done anew', async () => {
  const home = newHome();
  const state = closedAfter(await openTestDatabase(home));
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseName(home)}'`;
  psql('postgres', end);
  await write(state);
  let times = 0;
  await state.transaction(async (transaction) => {
    await recordEvents(transaction, [{ ...event, subject: 'two' }]);
    expect(await listEvents(transaction, { subject: 'two' })).toHaveLength(1);
    if (times++ === 0) psql('postgres', end);
  });
  expect(times).toBe(2);
  expect((await listEvents(state)).map(({ subject }) => subject)).toEqual(['one', 'two']);
});

test.each([
  ['was done is not done again', true, 1],
  ['never arrived is done', false, 2],
])('a commit whose answer is lost, and that %s', async (_what, arrives, times) => {
  const home = newHome();
  await (await openTestDatabase(home)).close();
  const url = await throughProxy(home, arrives);
  const state = closedAfter(await openDatabase(homePaths(home), { url }));
  let done = 0;
  await state.transaction(async (transaction) => {
    done++;
    await recordEvents(transaction, [event]);
  });
  expect(done).toBe(times);
  expect(await listEvents(state)).toHaveLength(1);
});

test('a server that starts again is waited for: what was answered is there, and nothing twice', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const state = await openDatabase(homePaths(newHome()), {
    url: `${server.url}/postgres`,
    busyTimeoutMs: 60_000,
  });
  const until = new AbortController();
  const writing = (async () => {
    let count = 0;
    for (; !until.signal.aborted; count++) await write(state, `${count}`);
    return count;
  })();
  await server.restart();
  await write(state, 'after');
  until.abort();
  const count = await writing;
  const subjects = (await listEvents(state, { limit: 1_000_000 })).map(({ subject }) => subject);
  expect(subjects.filter((subject) => subject !== 'after')).toEqual(
    Array.from({ length: count }, (_, n) => `${n}`),
  );
  await state.close();
});

test('connections that nobody uses any more are given back, but for one', async () => {
  const home = newHome();
  const state = closedAfter(await openTestDatabase(home));
  const count = () =>
    psql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE datname = '${databaseName(home)}'`).stdout;
  await Promise.all(Array.from({ length: 4 }, () => state.get('SELECT pg_sleep(0.5) AS slept')));
  await expect.poll(count).toBe('1\n');
  expect(await listEvents(state)).toEqual([]);
});

test('a table that somebody holds is waited for, then told of as held', async () => {
  const home = newHome();
  const state = closedAfter(await openTestDatabase(home, { busyTimeoutMs: 200 }));
  const other = closedAfter(await openTestDatabase(home));
  await other.transaction(async (transaction) => {
    await transaction.run('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
    await expect(listEvents(state)).rejects.toMatchObject({ code: 'HomeLocked' });
    await expect(write(state)).rejects.toMatchObject({ code: 'HomeLocked' });
  });
  await write(state);
  expect(await listEvents(state)).toHaveLength(1);
});

/** A URL over a proxy that cuts the first connection that commits, before or after the server has it. */
async function throughProxy(home: string, arrives: boolean): Promise<string> {
  testDatabaseUrl(home);
  const server = new URL(process.env['SLUICE_TEST_DATABASE_TCP'] ?? '');
  let cut = false;
  const proxy = createServer((client) => {
    let lost = false;
    const upstream = connect(Number(server.port), server.hostname);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (bytes) => {
      const commits = !cut && bytes.includes('COMMIT');
      if (commits) cut = true;
      if (!commits || arrives) upstream.write(bytes);
      if (commits && !arrives) client.destroy();
      // The answer is the next that comes.
      lost ||= commits;
    });
    upstream.on('data', (bytes) => void (lost ? client.destroy() : client.write(bytes)));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void proxy.close());
  return `${server.protocol}//${server.username}:${server.password}@127.0.0.1:${(proxy.address() as AddressInfo).port}/${databaseName(home)}`;
}
