import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { isProcessAlive } from '../../src/state/index.ts';
import { trainingRequest } from '../harness/job-requests.ts';
import { executors, openJobs } from '../harness/jobs.ts';
import { fillState } from '../harness/obstacles.ts';

test('the same idempotency key is one job', async () => {
  await using fixture = await openJobs();
  const request = await trainingRequest(fixture, 'once', '');
  const first = await fixture.jobs.training.start(request, { idempotencyKey: 'run/node/0' });
  const again = await fixture.jobs.training.start(
    { ...request, TrainingJobName: 'twice' },
    { idempotencyKey: 'run/node/0' },
  );
  expect(again).toBe(first);
  await fixture.jobs.training.wait('once');
});

test('the same idempotency key at once is one job too', async () => {
  await using fixture = await openJobs();
  const request = await trainingRequest(fixture, 'race', '');
  const arns = await Promise.all(
    [1, 2, 3, 4].map(() => fixture.jobs.training.start(request, { idempotencyKey: 'race' })),
  );
  expect(new Set(arns).size).toBe(1);
  await fixture.jobs.training.wait('race');
  expect(await fixture.jobs.training.list()).toHaveLength(1);
});

test('a job can be stopped while its data is brought in', async () => {
  await using fixture = await openJobs();
  const { store } = fixture;
  const request = await trainingRequest(fixture, 'early', '');
  const asked = Promise.withResolvers<void>();
  const slow = Object.create(store, {
    list: {
      value: async function* (_bucket: string, { signal }: { signal?: AbortSignal } = {}) {
        asked.resolve();
        yield* [];
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason)),
        );
      },
    },
  }) as typeof store;
  await using waiting = await openJobs({ stores: { store: () => slow } });
  await waiting.jobs.training.start(request);
  await asked.promise;
  await waiting.jobs.training.stop('early');
  const job = await waiting.jobs.training.wait('early');
  expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
});

test('two channels of one name are refused', async () => {
  await using fixture = await openJobs();
  const request = await trainingRequest(fixture, 'channels', '');
  const InputDataConfig = [...(request.InputDataConfig ?? []), ...(request.InputDataConfig ?? [])];
  await expect(fixture.jobs.training.start({ ...request, InputDataConfig })).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringMatching(/^InputDataConfig: two channels are called '/),
  });
});

test('a metric whose expression does not compile is refused before the job is made', async () => {
  await using fixture = await openJobs();
  const request = await trainingRequest(fixture, 'metric', '');
  const AlgorithmSpecification = {
    ...request.AlgorithmSpecification,
    MetricDefinitions: [{ Name: 'loss', Regex: '(' }],
  } as never;
  await expect(fixture.jobs.training.start({ ...request, AlgorithmSpecification })).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: "MetricDefinitions: the Regex of 'loss' does not compile: '('.",
  });
  expect(await fixture.jobs.training.find('metric')).toBeUndefined();
});

test('a name is taken once', async () => {
  await using fixture = await openJobs();
  const request = await trainingRequest(fixture, 'name', '');
  await fixture.jobs.training.start(request);
  await expect(fixture.jobs.training.start(request)).rejects.toMatchObject({
    code: 'JobNameTaken',
    message:
      'Job name must be unique within an AWS account and region, and a job with this name already exists (arn:aws:sagemaker:us-east-1:123456789012:training-job/name).',
  });
  await fixture.jobs.training.wait('name');
});

test('a job that nobody knows is not found', async () => {
  await using fixture = await openJobs();
  await expect(fixture.jobs.training.describe('nobody')).rejects.toMatchObject({ code: 'JobNotFound' });
});

test('every change of state has its event', async () => {
  await using fixture = await openJobs();
  await fixture.jobs.training.start(await trainingRequest(fixture, 'events', ''));
  await fixture.jobs.training.wait('events');
  const events = await fixture.jobs.training.events('events');
  expect(events.map((event) => event.type)).toEqual([
    'Starting',
    'Downloading',
    'Training',
    'Uploading',
    'Completed',
  ]);
});

test('lists are filtered, sorted and paged', async () => {
  await using fixture = await openJobs();
  for (const name of ['b-1', 'a-1', 'c_2'.replace('_', '-')]) {
    const exit = name === 'a-1' ? 'process.exit(1)' : '';
    await fixture.jobs.training.start(await trainingRequest(fixture, name, exit));
    await fixture.jobs.training.wait(name);
  }
  const names = async (filter: Parameters<typeof fixture.jobs.training.list>[0]) =>
    (await fixture.jobs.training.list(filter)).map((record) => record.name);
  expect(await names({})).toEqual(['c-2', 'a-1', 'b-1']);
  expect(await names({ sortBy: 'name', sortOrder: 'ascending' })).toEqual(['a-1', 'b-1', 'c-2']);
  expect(await names({ nameContains: '-1', sortBy: 'name', sortOrder: 'ascending' })).toEqual(['a-1', 'b-1']);
  expect(await names({ nameContains: '%' })).toEqual([]);
  expect(await names({ status: 'Failed' })).toEqual(['a-1']);
  const after = { value: 'a-1', name: 'a-1' };
  expect(await names({ sortBy: 'name', sortOrder: 'ascending', after, limit: 1 })).toEqual(['b-1']);
});

test.each(executors)(
  'a job whose owner was killed ends as InternalServerError, and its processes with it (%s)',
  async (name, executor) => {
    await using fixture = await openJobs({ executor: executor() });
    const request = await trainingRequest(fixture, 'orphan', 'setInterval(() => {}, 1000);');
    const owner = spawn(
      process.execPath,
      [
        new URL('../fixtures/jobs/own-a-job.ts', import.meta.url).pathname,
        fixture.home,
        JSON.stringify(request),
        name,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    for await (const line of createInterface({ input: owner.stdout })) if (line === 'Training') break;
    const record = await fixture.jobs.training.record('orphan');
    expect(record.status).toBe('InProgress');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const makeRoom = await fillState(fixture.state);
    expect(await fixture.jobs.training.list()).toMatchObject([{ name: 'orphan', status: 'Failed' }]);
    await makeRoom();
    const job = await fixture.jobs.training.wait('orphan');
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^InternalServerError: We encountered an internal error/);
    expect(record.progress.processes).toHaveLength(1);
    for (const each of record.progress.processes ?? []) {
      await expect.poll(() => isProcessAlive(each)).toBe(false);
    }
  },
);

test('a job of another process can be watched, read and stopped', async () => {
  await using fixture = await openJobs();
  const source = `console.log('hello from there'); setInterval(() => {}, 1000);`;
  const request = await trainingRequest(fixture, 'elsewhere', source);
  const owner = spawn(
    process.execPath,
    [
      new URL('../fixtures/jobs/own-a-job.ts', import.meta.url).pathname,
      fixture.home,
      JSON.stringify(request),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: owner.stdout })) if (line === 'Training') break;
  for await (const line of fixture.jobs.training.logs('elsewhere', { follow: true })) {
    expect(line).toMatchObject({ stream: 'algo-1', message: 'hello from there' });
    await fixture.jobs.training.stop('elsewhere');
  }
  const job = await fixture.jobs.training.wait('elsewhere');
  expect(job.TrainingJobStatus).toBe('Stopped');
  if (owner.exitCode === null) await once(owner, 'exit');
});
