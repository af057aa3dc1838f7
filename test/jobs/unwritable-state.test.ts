import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createProcessExecutor } from '../../src/executors/index.ts';
import { trainingRequest } from '../harness/job-requests.ts';
import { type JobsFixture, openJobs } from '../harness/jobs.ts';
import { closeState, fillState, lockState } from '../harness/obstacles.ts';

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
    vi.waitFor(() => expect(existsSync(join(fixture.home, what))).toBe(true), { timeout: 120_000 });
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

describe.each([
  ['has no room left', fillState],
  ['is locked by another process', lockState],
  ['is closed to writing', closeState],
])('While the state %s', (_name, obstruct) => {
  it('a job that is stopped stops, and that is written when it can be', async () => {
    const { fixture, said } = await begin();
    await using _fixture = fixture;
    const { training } = fixture.jobs;
    const mend = await obstruct(fixture.state);
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
    const mend = await obstruct(fixture.state);
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
  const mend = await fillState(fixture.state);
  await said('stopped');
  await mend();
  expect(await fixture.jobs.training.wait('job')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'MaxRuntimeExceeded',
  });
});
