import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { homePaths } from '../../src/core/home.ts';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { fillState } from '../harness/fill-state.ts';
import { trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';

/** A job that says that it runs, and then waits to be let go, or to be stopped: it says which it was. */
const script = (directory: string) => `
  import { existsSync, writeFileSync } from 'node:fs';
  const tell = (what: string) => writeFileSync('${directory}/' + what, '');
  process.on('SIGTERM', () => { tell('stopped'); process.exit(0); });
  tell('runs');
  while (!existsSync('${directory}/go')) await new Promise((done) => setTimeout(done, 10));
  tell('done');
`;

async function begin(maxRuntimeInSeconds = 3600): Promise<Begun> {
  const fixture = await openJobs({ executor: createProcessExecutor() });
  const request = await trainingRequest(fixture, 'job', script(fixture.home), {
    StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeInSeconds },
  });
  await fixture.jobs.training.start(request);
  const said = (what: string) =>
    vi.waitFor(() => expect(existsSync(join(fixture.home, what))).toBe(true), { timeout: 60_000 });
  const runs = await Promise.race([
    said('runs').then(() => true),
    fixture.jobs.training.wait('job').then(() => false),
  ]);
  if (runs) return { fixture, said };
  // On a machine so slow that the time is over before the job runs, it gets more.
  await fixture[Symbol.asyncDispose]();
  return begin(maxRuntimeInSeconds * 3);
}

interface Begun {
  readonly fixture: JobsFixture;
  /** Resolves once the job has said it. */
  said(what: string): Promise<void>;
}

/** Makes the state one that cannot be written. @returns what mends it */
type Obstacle = (fixture: JobsFixture) => Promise<() => Promise<void>>;

const fill: Obstacle = ({ state }) => fillState(state);

const lock: Obstacle = async ({ home }) => {
  const other = new DatabaseSync(homePaths(home).database, { timeout: 10_000 });
  other.exec('BEGIN IMMEDIATE');
  return async () => other.close();
};

const close: Obstacle = async ({ state }) => {
  await state.get('PRAGMA query_only = 1');
  return async () => void (await state.get('PRAGMA query_only = 0'));
};

describe.each([
  ['has no room left', fill],
  ['is locked by another process', lock],
  ['is closed to writing', close],
])('While the state %s', (_name, obstruct) => {
  it('a job that is stopped stops, and that is written when it can be', async () => {
    const { fixture, said } = await begin();
    await using _fixture = fixture;
    const { training } = fixture.jobs;
    const mend = await obstruct(fixture);
    await training.stop('job');
    await said('stopped');
    expect(await training.find('job')).toMatchObject({ status: 'InProgress' });
    await mend();
    expect(await training.wait('job')).toMatchObject({ TrainingJobStatus: 'Stopped' });
  });

  it('a job that ends is what it was, as soon as that can be written', async () => {
    const { fixture, said } = await begin();
    await using _fixture = fixture;
    const { training } = fixture.jobs;
    const mend = await obstruct(fixture);
    writeFileSync(join(fixture.home, 'go'), '');
    await said('done');
    expect(await training.find('job')).toMatchObject({ status: 'InProgress' });
    await mend();
    const job = await training.wait('job');
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed' });
    const statuses = job.SecondaryStatusTransitions?.map(({ Status }) => Status);
    expect(statuses).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
  });
});

it('MaxRuntimeInSeconds holds while the state has no room left', async () => {
  const { fixture, said } = await begin(5);
  await using _fixture = fixture;
  const mend = await fill(fixture);
  await said('stopped');
  await mend();
  expect(await fixture.jobs.training.wait('job')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'MaxRuntimeExceeded',
  });
});
