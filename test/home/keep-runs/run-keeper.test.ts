import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { homePaths } from '../../../src/core/home.ts';
import { createEngine } from '../../../src/engine/index.ts';
import { RunKeeper } from '../../../src/home/keep-runs/index.ts';
import { trainingTask, workflow } from '../../../src/index.ts';
import { getRun, isRunActive, listEvents, readRoster } from '../../../src/state/index.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { openTestDatabase } from '../../harness/database.ts';
import { closeState, lockState, type Obstacle } from '../../harness/obstacles.ts';

const train = trainingTask('train', { image: 'x/y:1', instanceType: 'ml.m5.xlarge' });
const { graph } = workflow('flow', {}, () => {
  train({}, { name: 'long' });
  train({}, { name: 'short' });
});

test.each<[title: string, obstruct: Obstacle]>([
  ['takes no writes', closeState],
  ['is locked', lockState],
])(
  'a run of a server whose state %s for longer than is waited goes on afterwards, with its jobs',
  async (_title, obstruct) => {
    const jobs = { long: Promise.withResolvers<object>(), short: Promise.withResolvers<object>() };
    const platform = new FakePlatform(
      ({ jobName }) => jobs[/long|short/.exec(jobName)?.[0] as 'long'].promise,
    );
    const { keeper, state, told } = await openKeeper(platform);
    const id = await keeper.begin({ graph });
    await expect.poll(async () => submittedOf(await listEvents(state)), { timeout: 120_000 }).toBe(2);
    const mend = await obstruct(state);
    jobs.short.resolve({});
    await expect.poll(told, { timeout: 120_000 }).toContain(`'${id}' waits until its state can be written`);
    await mend();
    await expect.poll(told, { timeout: 120_000 }).toContain(`Carried on: ${id}`);
    expect(await getRun(state, id)).toMatchObject({ phase: 'Running', lease: { fence: 2 } });
    expect(isRunActive(await readRoster(state), await getRun(state, id))).toBe(true);
    jobs.long.resolve({});
    await expect.poll(async () => (await getRun(state, id)).phase, { timeout: 120_000 }).toBe('Succeeded');
    expect(platform.submitted).toHaveLength(2);
    expect(platform.cancelled).toEqual([]);
  },
  180_000,
);

async function openKeeper(platform: FakePlatform) {
  const home = mkdtempSync(join(tmpdir(), 'keeper-'));
  const state = await openTestDatabase(home, { busyTimeoutMs: 500 });
  const engine = createEngine({ state, platforms: { local: platform } });
  const logged: string[] = [];
  const keeper = new RunKeeper({
    home: {
      state,
      engine: () => Promise.resolve(engine),
      functions: () => Promise.resolve({}),
      paths: homePaths(home),
      platforms: () => Promise.resolve({ local: platform }),
      sandboxed: true,
    },
    mostOpen: 10,
    log: (message) => logged.push(message),
  });
  keeper.start();
  onTestFinished(async () => {
    await keeper.close();
    await state.close();
    rmSync(home, { recursive: true, force: true });
  });
  return { keeper, state, told: () => logged.join('\n') };
}

function submittedOf(events: readonly { readonly type: string }[]): number {
  return events.filter(({ type }) => type === 'Submitted').length;
}
