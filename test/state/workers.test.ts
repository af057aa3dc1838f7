import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  claimRun,
  createRun,
  type Database,
  findWorker,
  getRun,
  identifyProcess,
  workerOf,
} from '../../src/state/index.ts';
import { registerWorker } from '../../src/state/worker.ts';
import { databaseName, openTestDatabase, psql, testDatabaseUrl } from '../harness/database.ts';

const HOUR_MS = 3_600_000;

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'workers-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Opens a home. @param clockMs by how much the database's clock differs from the machine's */
async function open(home: string, clockMs = 0): Promise<Database> {
  const state = await openTestDatabase(home, { clock: () => Date.now() + clockMs });
  onTestFinished(() => state.close());
  if (clockMs !== 0) setServerClock(home, clockMs);
  return state;
}

const run = (id: string) => ({
  id,
  workflow: 'flow',
  graphHash: 'h',
  graph: '{}',
  nodeCount: 0,
  inputs: {},
  options: { failurePolicy: 'FAIL_IMMEDIATELY' as const },
  time: 1,
});

test.each([
  ['hours behind', 3 * HOUR_MS, /is 180 min behind the database's\.$/],
  ['hours ahead', -3 * HOUR_MS, /is 180 min ahead of the database's\.$/],
])('a machine whose clock is %s holds nothing', async (_what, clockMs, message) => {
  const state = await open(newHome(), clockMs);
  await expect(createRun(state, run('one'))).rejects.toMatchObject({
    code: 'ClockSkew',
    message: expect.stringMatching(message) as string,
    hint: expect.stringContaining('NTP') as string,
  });
  expect(await state.all('SELECT id FROM workers')).toEqual([]);
});

test('a machine whose clock is minutes off is warned, and takes part', async () => {
  const state = await open(newHome(), -300_000);
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  await createRun(state, run('one'));
  expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
    expect.stringMatching(/is 5 min ahead of the database's\..*NTP/),
  ]);
});

test('a clock of the database that is set back or forth by hours takes no run from who renews its lease', async () => {
  const home = newHome();
  let clockMs = 0;
  const state = await openTestDatabase(home, { clock: () => Date.now() + clockMs });
  onTestFinished(() => state.close());
  const lease = await createRun(state, run('one'));
  await elsewhere(state, lease.worker);
  const other = await openTestDatabase(home, { clock: () => Date.now() + clockMs });
  onTestFinished(() => other.close());
  await workerOf(other).join();
  await workerOf(other).roster();
  for (const jumpMs of [2 * HOUR_MS, -2 * HOUR_MS]) {
    clockMs = jumpMs;
    setServerClock(home, jumpMs);
    await expect(claimRun(other, { id: 'one', time: 2 })).rejects.toMatchObject({ code: 'RunActive' });
    expect(await workerOf(state).renew()).toBe(true);
  }
  expect(await getRun(state, 'one')).toMatchObject({ lease });
});

test('a second worker of a name is refused while the first is at work, here or elsewhere', async () => {
  const state = await open(newHome());
  const first = await registerWorker(state, self(), { name: 'gpu-1', leaseMs: 60_000 });
  const refused = {
    code: 'WorkerNameTaken',
    message: expect.stringMatching(
      new RegExp(`^The worker 'gpu-1' \\(process ${process.pid} on .*gpu-1 \\(process ${process.pid} on `),
    ) as string,
    hint: expect.stringContaining('SLUICE_WORKER') as string,
  };
  await expect(registerWorker(state, self(), { name: 'gpu-1' })).rejects.toMatchObject(refused);
  await elsewhere(state, first);
  const renewing = setInterval(
    () => void state.run('UPDATE workers SET lease_until = lease_until + 1 WHERE id = ?', first),
    50,
  );
  try {
    await expect(registerWorker(state, self(), { name: 'gpu-1' })).rejects.toMatchObject(refused);
  } finally {
    clearInterval(renewing);
  }
});

test('the name of a worker whose lease has run out is taken over, and with it what it held', async () => {
  const state = await open(newHome());
  workerOf(state).configure({ name: 'gpu-1', leaseMs: 60_000 });
  const lease = await createRun(state, run('one'));
  await elsewhere(state, lease.worker);
  await state.run('UPDATE workers SET lease_until = now_ms() - 1');
  const second = await registerWorker(state, self(), { name: 'gpu-1' });
  expect(second).not.toBe(lease.worker);
  expect(await workerOf(state).renew()).toBe(false);
  expect((await workerOf(state).roster()).isHeld(lease)).toBe(false);
});

test('a machine that is renamed still sees that a process of it is gone, long before its lease is over', async () => {
  const home = newHome();
  const state = await open(home);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const worker = await registerWorker(state, identity(child.pid ?? 0), { leaseMs: 24 * HOUR_MS });
  await createRun(state, run('one'));
  await state.run('UPDATE runs SET owner = ?, fence = 7', worker);
  await state.run("UPDATE workers SET host = 'name-before' WHERE id = ?", worker);
  await expect(claimRun(state, { id: 'one', time: 2 })).rejects.toMatchObject({
    code: 'RunActive',
    message: expect.stringContaining(`(process ${child.pid} on name-before)`) as string,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await claimRun(state, { id: 'one', time: 2 })).toMatchObject({ fence: 8 });
  expect(await findWorker(state, { worker })).toMatchObject({ host: 'name-before' });
});

function self(): NonNullable<ReturnType<typeof identifyProcess>> {
  return identity(process.pid);
}

function identity(pid: number): NonNullable<ReturnType<typeof identifyProcess>> {
  const found = identifyProcess(pid);
  if (!found) throw new Error(`There is no process ${pid}.`);
  return found;
}

/** Makes a worker one of another machine: only its lease tells of it. */
async function elsewhere(state: Database, worker: string): Promise<void> {
  await state.run("UPDATE workers SET machine = 'elsewhere', boot = 'another' WHERE id = ?", worker);
}

/** SQLite has this process's. */
function setServerClock(home: string, clockMs: number): void {
  if (testDatabaseUrl(home) === undefined) return;
  psql(
    databaseName(home),
    `CREATE OR REPLACE FUNCTION sluice.now_ms() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
      'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) + (${clockMs})'`,
  );
}
