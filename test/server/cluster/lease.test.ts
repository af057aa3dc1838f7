import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cluster } from '../../harness/cluster.ts';
import { mainFile, startProgram } from '../../harness/sluice.ts';
import {
  describeJob,
  type ServeFixture,
  serveFixture,
  trainWith,
  waitFor,
  waitForLine,
} from '../../harness/sluice-serve.ts';

const WAITS = "console.log('it runs'); setInterval(() => undefined, 1000);";
/** Processes of its own, which others cannot look at: as on another machine, only leases tell. */
const APART = [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

let cluster: Cluster;
let here: ServeFixture;
let apart: ServeFixture;

beforeAll(async () => {
  cluster = await Cluster.start();
  for (const name of ['here', 'apart']) {
    await mkdir(cluster.home(name), { recursive: true });
    await writeFile(join(cluster.home(name), 'config.yaml'), 'lease: 10s\n');
  }
  here = await cluster.serve('here');
  const program = startProgram('unshare', [...APART, process.execPath, mainFile, 'serve', '--port', '0'], {
    home: cluster.home('apart'),
    environment: cluster.environment('apart'),
  });
  apart = await serveFixture(cluster.home('apart'), program);
}, 240_000);

afterAll(async () => {
  apart?.program.child.kill('SIGKILL');
  await apart?.program.ended;
  await cluster?.[Symbol.asyncDispose]();
}, 300_000);

it('what a machine that died has left is taken over once its lease is over', async () => {
  await trainWith(here, 'again', WAITS, { RetryStrategy: { MaximumRetryAttempts: 2 } });
  await trainWith(here, 'once', WAITS);
  await waitForLine(apart, 'again', 'it runs');
  await waitForLine(apart, 'once', 'it runs');
  await here.killAll();
  const ended = await waitFor(apart, 'once', 'Failed');
  expect(ended.FailureReason).toContain('was away for longer than its lease');
  const restarted = async () =>
    (await describeJob(apart, 'again')).SecondaryStatusTransitions?.map(({ Status }) => Status);
  await expect.poll(restarted, { timeout: 120_000 }).toContain('Restarting');
  await waitForLine(apart, 'again', 'it runs');
}, 240_000);
