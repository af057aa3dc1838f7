import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homePaths } from '../../../src/core/home.ts';
import {
  createRun,
  currentProcess,
  type Database,
  identifyProcess,
  isProcessAlive,
  listEvents,
  listRuns,
  openDatabase,
  recordEvents,
} from '../../../src/state/index.ts';
import { migrations } from '../../../src/state/migrations/index.ts';
import { asOrdinaryUser } from '../../harness/ordinary-user.ts';

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function open(home: string, options?: Parameters<typeof openDatabase>[1]): Promise<Database> {
  const state = await openDatabase(homePaths(home), options);
  onTestFinished(() => state.close());
  return state;
}

const event = { kind: 'run', subject: 'one', type: 'Running', time: 5 };

describe('openDatabase', () => {
  it('makes a home that only its user can read', async () => {
    const home = join(newHome(), 'a', 'b');
    await open(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it('lets several processes open a fresh home at once', async () => {
    const home = join(newHome(), 'fresh');
    const child = join(import.meta.dirname, '../../fixtures/state/open-and-write.ts');
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [child, home], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    onTestFinished(() => children.forEach((process) => process.kill('SIGKILL')));
    const codes = await Promise.all(
      children.map(async (process) => (await once(process, 'exit'))[0] as number),
    );
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await listEvents(await open(home))).toHaveLength(60);
  });

  it('refuses a home that a newer version has written', async () => {
    const home = newHome();
    await (await openDatabase(homePaths(home))).close();
    const raw = new DatabaseSync(homePaths(home).database);
    raw.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    raw.close();
    const refused = { code: 'HomeVersion', hint: expect.stringContaining('Upgrade Sluice') as string };
    await expect(openDatabase(homePaths(home))).rejects.toMatchObject(refused);
    await expect(openDatabase(homePaths(home), { readOnly: true })).rejects.toMatchObject(refused);
  });

  it('upgrades a home of an older version, for readers, too', async () => {
    const home = newHome();
    new DatabaseSync(homePaths(home).database).close();
    expect(await listRuns(await open(home, { readOnly: true }))).toEqual([]);
  });

  it.each([
    ['no version', 0],
    ['a version that could be ours', 3],
  ])('refuses a database of another program, of %s, and leaves it as it is', async (_what, version) => {
    const home = newHome();
    const { database } = homePaths(home);
    const raw = new DatabaseSync(database);
    onTestFinished(() => raw.close());
    raw.exec(`CREATE TABLE gates (n INTEGER); PRAGMA user_version = ${version}`);
    const refused = {
      code: 'DatabaseForeign',
      message: `The database '${database}' holds tables that Sluice has not made.`,
    };
    await expect(openDatabase(homePaths(home))).rejects.toMatchObject(refused);
    await expect(openDatabase(homePaths(home), { readOnly: true })).rejects.toMatchObject(refused);
    expect(raw.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'gates' }]);
  });

  it('reads a home that does not exist as empty, and does not make it', async () => {
    const home = join(newHome(), 'none');
    expect(await listRuns(await open(home, { readOnly: true }))).toEqual([]);
    expect(() => statSync(home)).toThrow('ENOENT');
  });

  it('tells of a home that is a file, and of a database that is none', async () => {
    const home = newHome();
    writeFileSync(join(home, 'file'), '');
    await expect(openDatabase(homePaths(join(home, 'file')))).rejects.toMatchObject({ code: 'HomeReadOnly' });
    const reading = openDatabase(homePaths(join(home, 'file')), { readOnly: true });
    await expect(reading).rejects.toMatchObject({ code: 'HomeReadOnly' });
    writeFileSync(homePaths(home).database, 'x'.repeat(10_000));
    await expect(openDatabase(homePaths(home))).rejects.toMatchObject({ code: 'HomeDamaged' });
  });

  it('tells of a home that cannot be written', async () => {
    const outer = newHome();
    chmodSync(outer, 0o755);
    mkdirSync(join(outer, 'home'), { mode: 0o555 });
    await expect(asOrdinaryUser(() => openDatabase(homePaths(join(outer, 'home'))))).rejects.toMatchObject({
      code: 'HomeReadOnly',
    });
    await expect(
      asOrdinaryUser(() => openDatabase(homePaths(join(outer, 'home', 'x')))),
    ).rejects.toMatchObject({
      code: 'HomeReadOnly',
    });
  });

  it('reads a home whose directory cannot be written', async () => {
    const home = newHome();
    await (await openDatabase(homePaths(home))).close();
    chmodSync(home, 0o555);
    chmodSync(homePaths(home).database, 0o444);
    const state = await asOrdinaryUser(() => openDatabase(homePaths(home), { readOnly: true }));
    onTestFinished(() => state.close());
    expect(await listRuns(state)).toEqual([]);
  });
});

describe('a new database', () => {
  it('has small pages, so that a commit of a few rows writes little', async () => {
    const state = await open(newHome());
    expect(await state.get('PRAGMA page_size')).toEqual({ page_size: 2048 });
  });
});

describe('transactions', () => {
  it('keep all or nothing', async () => {
    const state = await open(newHome());
    const failing = state.transaction(async (transaction) => {
      await recordEvents(transaction, [event]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await listEvents(state)).toEqual([]);
  });

  it('follow each other, and reads wait for them', async () => {
    const state = await open(newHome());
    const subjects = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const writes = subjects.map((subject) =>
      state.transaction((transaction) => recordEvents(transaction, [{ ...event, subject }])),
    );
    const seen = listEvents(state);
    await Promise.all(writes);
    expect((await seen).every(({ id }, index) => id === index + 1)).toBe(true);
    expect((await listEvents(state)).map(({ subject }) => subject)).toEqual(subjects);
  });

  it('tell when another process holds the database too long', async () => {
    const home = newHome();
    const state = await open(home, { busyTimeoutMs: 20 });
    const other = new DatabaseSync(homePaths(home).database);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const write = state.transaction((transaction) => recordEvents(transaction, [event]));
    await expect(write).rejects.toMatchObject({ code: 'HomeLocked' });
    other.exec('ROLLBACK');
    await state.transaction((transaction) => recordEvents(transaction, [event]));
  });

  it('tell when the disk is full', async () => {
    const state = await open(newHome());
    await state.get('PRAGMA max_page_count = 1');
    const write = state.transaction((transaction) =>
      recordEvents(transaction, [{ ...event, data: 'x'.repeat(1_000_000) }]),
    );
    await expect(write).rejects.toMatchObject({ code: 'DiskFull' });
    await state.get('PRAGMA max_page_count = 100000');
    await state.transaction((transaction) => recordEvents(transaction, [event]));
  });
});

describe('events', () => {
  it('are read by subject, kind and place', async () => {
    const state = await open(newHome());
    const node = { kind: 'node', subject: 'one', type: 'Running', time: 6, data: { node: 'a' } };
    const other = { ...event, subject: 'two' };
    await state.transaction((transaction) => recordEvents(transaction, [event, node, other]));
    expect(await listEvents(state, { subject: 'one' })).toEqual([
      { id: 1, ...event },
      { id: 2, ...node },
    ]);
    expect(await listEvents(state, { kind: 'run' })).toHaveLength(2);
    expect(await listEvents(state, { after: 1, limit: 1 })).toMatchObject([{ id: 2 }]);
  });
});

describe('runs', () => {
  it('are listed newest first, and filtered', async () => {
    const state = await open(newHome());
    const base = { graphHash: 'h', graph: '{}', nodeCount: 0, inputs: {} };
    const options = { failurePolicy: 'FAIL_IMMEDIATELY' } as const;
    for (let time = 1; time <= 3; time++) {
      await createRun(state, { ...base, options, id: `r${time}`, workflow: time === 2 ? 'b' : 'a', time });
    }
    expect((await listRuns(state)).map(({ id }) => id)).toEqual(['r3', 'r2', 'r1']);
    expect((await listRuns(state, { workflow: 'a', createdBefore: 3 })).map(({ id }) => id)).toEqual(['r1']);
    expect(await listRuns(state, { limit: 1, phase: 'Running' })).toHaveLength(1);
    expect(await state.all('SELECT * FROM graphs')).toHaveLength(1);
  });
});

describe('process identity', () => {
  it('knows this process, and not one of another start', () => {
    expect(identifyProcess(process.pid)).toEqual(currentProcess());
    expect(isProcessAlive(currentProcess())).toBe(true);
    expect(isProcessAlive({ ...currentProcess(), startTime: 'another' })).toBe(false);
  });

  it('does not take an ended process for a living one', async () => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    const identity = identifyProcess(child.pid as number);
    await once(child, 'exit');
    expect(identity).toBeDefined();
    expect(isProcessAlive(identity!)).toBe(false);
  });
});
