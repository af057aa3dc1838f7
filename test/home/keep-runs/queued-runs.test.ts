import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveAccount } from '../../../src/core/account.ts';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import { homePaths } from '../../../src/core/home.ts';
import { createEngine } from '../../../src/engine/index.ts';
import { type Home, openHome } from '../../../src/home/index.ts';
import { RunKeeper } from '../../../src/home/keep-runs/index.ts';
import { trainingTask, workflow } from '../../../src/index.ts';
import type { JobStatus } from '../../../src/platforms/index.ts';
import { getRun } from '../../../src/state/index.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';

const train = trainingTask('train', { image: 'train:1', instanceType: 'ml.m5.large' });
const { graph } = workflow('one', {}, () => ({ model: train({}).model }));

const PATIENCE = { timeout: 60_000 };

async function openedHome(platform: FakePlatform, directory: string): Promise<Home> {
  const environment = {};
  const context = { paths: homePaths(directory), account: resolveAccount(environment), environment };
  const home = await openHome(context, { executor: 'process', configuration: DEFAULT_CONFIGURATION });
  const engine = createEngine({ state: home.state, platforms: { [platform.name]: platform } });
  return { ...home, engine: async () => engine, platforms: async () => ({ local: platform }) };
}

function keeperOf(home: Home): RunKeeper {
  return new RunKeeper({ home, mostOpen: 4, log: () => undefined });
}

test('runs that find no room wait without being carried out: in order, until they are cancelled, and for the next server', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'queued-'));
  const ends: (() => void)[] = [];
  const job = (): Promise<Partial<JobStatus>> =>
    new Promise((resolve) => {
      ends.push(() => resolve({}));
    });
  const platform = new FakePlatform(job, { jobsAtOnce: 1 });
  const home = await openedHome(platform, directory);
  const keeper = keeperOf(home);
  keeper.start();
  try {
    const ids: string[] = [];
    for (const id of ['first', 'second', 'third', 'fourth']) ids.push(await keeper.begin({ graph, id }));
    expect(ids.map((id) => [keeper.isQueued(id), keeper.find(id) !== undefined])).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [true, false],
    ]);
    await expect(keeper.begin({ graph, id: 'fifth' })).rejects.toMatchObject({ code: 'LimitExceeded' });
    const phase = async (id: string): Promise<string> => (await getRun(home.state, id)).phase;
    expect(await phase('third')).toBe('Running');

    // One that waits is cancelled, and none of its jobs begins.
    await keeper.cancel('second', new Date());
    await expect.poll(() => phase('second'), PATIENCE).toBe('Aborted');
    expect(platform.submitted).toHaveLength(1);

    ends[0]?.();
    await expect.poll(() => phase('first'), PATIENCE).toBe('Succeeded');
    await expect.poll(() => platform.submitted.length, PATIENCE).toBe(2);
    expect(keeper.isQueued('third')).toBe(false);
    expect(keeper.isQueued('fourth')).toBe(true);

    // What waits goes on with the next one.
    await keeper.close();
    expect(await phase('fourth')).toBe('Running');
  } finally {
    await keeper.close();
    await home.close('interrupt');
  }
  const again = await openedHome(new FakePlatform(), directory);
  const next = keeperOf(again);
  next.start();
  try {
    for (const id of ['third', 'fourth'])
      await expect.poll(async () => (await getRun(again.state, id)).phase, PATIENCE).toBe('Succeeded');
  } finally {
    await next.close();
    await again.close('interrupt');
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});
