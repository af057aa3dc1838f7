import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { listEvents } from '../../src/state/index.ts';
import { archiveFiles } from '../harness/archive.ts';
import { keysBelow, objectBytes, trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

/** Each attempt writes the same number into both of its outputs. */
const NUMBERED = `
  import { writeFileSync } from 'node:fs';
  const attempt = String(process.pid) + Math.random();
  writeFileSync(process.env.SM_MODEL_DIR + '/attempt', attempt);
  writeFileSync(process.env.SM_OUTPUT_DATA_DIR + '/attempt', attempt);
`;

/** Where the holder halts, how often the job has run in the end, and what its outputs are by then. */
const POINTS: readonly (readonly [point: string, attempts: number, published: readonly string[]])[] = [
  ['staged', 2, []],
  ['decided', 1, []],
  ['half published', 1, ['one of them']],
  ['published', 1, ['out/j/output/model.tar.gz', 'out/j/output/output.tar.gz']],
];

test.each(POINTS)(
  'a job whose process is killed once it has %s has its outputs once',
  async (point, attempts, there) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const owner = await startHalting(fixture, point, 'SIGKILL');
    expect(owner.signalCode).toBe('SIGKILL');
    expect(await outputs(fixture)).toHaveLength(there.length);
    expect(await fixture.jobs.training.list()).toHaveLength(1);
    await fixture.jobs.recover();
    await expectOneResult(fixture, attempts);
  },
);

test.each(POINTS)(
  'a holder that was away once it has %s, and comes back, changes nothing',
  async (point, attempts) => {
    await using fixture = await openJobs({ executor: createProcessExecutor() });
    const owner = await startHalting(fixture, point, 'SIGSTOP');
    await expect.poll(() => recovered(fixture), { timeout: 30_000, interval: 100 }).toBe(true);
    const result = await expectOneResult(fixture, attempts);
    owner.kill('SIGCONT');
    if (owner.exitCode === null) await once(owner, 'exit');
    expect(owner.exitCode, 'a loser ends in good order').toBe(0);
    expect(await expectOneResult(fixture, attempts)).toEqual(result);
  },
);

async function startHalting(
  fixture: JobsFixture,
  point: string,
  signal: NodeJS.Signals,
): Promise<ChildProcess> {
  const request = await trainingRequest(fixture, 'j', NUMBERED, {
    RetryStrategy: { MaximumRetryAttempts: 1 },
  });
  const program = new URL('../fixtures/jobs/halt-in-publication.ts', import.meta.url).pathname;
  const args = [program, fixture.home, JSON.stringify(request), point, signal];
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const halted = once(owner, 'exit');
  for await (const line of createInterface({ input: owner.stdout })) if (line === point) break;
  if (signal === 'SIGKILL' && owner.signalCode === null) await halted;
  return owner;
}

/** Whether the job has been taken over: it is overdue once its lease is. */
async function recovered(fixture: JobsFixture): Promise<boolean> {
  await fixture.jobs.recover();
  return (await fixture.jobs.training.record('j')).lease.fence > 1;
}

/** The outputs that users see. */
function outputs(fixture: JobsFixture): Promise<string[]> {
  return keysBelow(fixture, 'out/');
}

async function expectOneResult(fixture: JobsFixture, attempts: number): Promise<unknown> {
  expect(await fixture.jobs.training.wait('j')).toMatchObject({ TrainingJobStatus: 'Completed' });
  const keys = ['out/j/output/model.tar.gz', 'out/j/output/output.tar.gz'];
  expect(await outputs(fixture)).toEqual(keys);
  const archives = await Promise.all(keys.map(async (key) => archiveFiles(await objectBytes(fixture, key))));
  expect(archives[0]).toEqual(archives[1]);
  const { progress, ...record } = await fixture.jobs.training.record('j');
  expect(progress.transitions.filter(({ status }) => status === 'Training')).toHaveLength(attempts);
  expect(progress.publication).toBeUndefined();
  expect(progress.modelArtifacts).toBe(`s3://${fixture.bucket}/${keys[0]}`);
  const events = await listEvents(fixture.state, { kind: 'job', subject: 'training/j' });
  expect(events.filter(({ type }) => type === 'Completed')).toHaveLength(1);
  return { archives, record, progress };
}

test('nothing that was staged is left once a job has ended', async () => {
  await using fixture = await openJobs({ executor: createProcessExecutor() });
  await fixture.jobs.training.start(await trainingRequest(fixture, 'j', NUMBERED));
  await expectOneResult(fixture, 1);
  const staged = join(fixture.home, 'objects', '.sluice', 'staged');
  expect(existsSync(staged) ? readdirSync(staged) : []).toEqual([]);
});
