import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { workerOf } from '../../src/state/index.ts';
import { openTestDatabase } from '../harness/database.ts';
import { sluice } from '../harness/sluice.ts';

test('workers ls shows who is at work, and nobody once they have left', async () => {
  const home = await mkdtemp(join(tmpdir(), 'workers-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const state = await openTestDatabase(home);
  workerOf(state).configure({ name: 'here', url: () => 'http://127.0.0.1:4777' });
  await workerOf(state).join();
  const shown = await sluice(['workers', 'ls', '--json'], { home });
  expect(JSON.parse(shown.stdout)).toMatchObject({
    workers: [{ name: 'here', url: 'http://127.0.0.1:4777', lease: 'alive', jobs: 0, runs: 0, endpoints: 0 }],
  });
  expect((await sluice(['workers', 'ls'], { home })).stdout).toMatch(/^NAME +MACHINE +LEASE[^\n]*\nhere /);
  await state.close();
  expect((await sluice(['workers', 'ls'], { home })).stdout).toContain('No workers');
});
