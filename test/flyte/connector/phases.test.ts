import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../../src/core/errors.ts';
import { structToJson } from '../../../src/flyte/connector/literals/struct.ts';
import type { JobStatus } from '../../../src/platforms/index.ts';
import { listRuns } from '../../../src/state/index.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { createRequest, type TaskSpec } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

const PATIENCE = { timeout: 120_000 };

let connector: ConnectorFixture;
beforeAll(async () => {
  const others = ['local', 'sagemaker'].map((name) => new SharedPlatform(name));
  connector = await startConnector({ platforms: others });
});
afterAll(() => connector[Symbol.asyncDispose]());

/** Behaves as the test's own platform does: the tests share the connector. */
class SharedPlatform extends FakePlatform {
  constructor(name: string) {
    super(() => ({}), { name });
  }
  override submit: FakePlatform['submit'] = (...given) => of(this).submit(...given);
  override status: FakePlatform['status'] = (handle) => of(this).status(handle);
  override watch: FakePlatform['watch'] = (handle) => of(this).watch(handle);
  override cancel: FakePlatform['cancel'] = (handle) => of(this).cancel(handle);
}

let current: FakePlatform;
function of({ name }: FakePlatform): FakePlatform {
  expect(name).toBe(current.name);
  return current;
}

let execution = 0;
function start(platform: FakePlatform): ConnectorFixture {
  current = platform;
  execution++;
  return connector;
}

const task = { task: { instanceType: 'ml.m5.large', image: 'train:1' } };

function training(more: Partial<TaskSpec> = {}): ReturnType<typeof createRequest> {
  return createRequest({ type: 'sluice_training', custom: task, execution: `exec${execution}`, ...more });
}

describe('an attempt of a node', () => {
  it('is one run, however often it is created, whose jobs are named after the execution', async () => {
    const { promise, resolve } = Promise.withResolvers<Partial<JobStatus>>();
    const platform = new FakePlatform(() => promise);
    const { client, home } = start(platform);
    const execution = 'a'.repeat(40);
    const requests = [0, 0, 0, 0, 1].map((attempt) => training({ execution, node: 'n0-0-dn3', attempt }));
    const metas = await Promise.all(requests.map((request) => client.create(request)));
    metas.push(await client.create(training({ execution, node: 'n0-0-dn3' })));
    expect(new Set(metas.map(String)).size).toBe(2);
    const ids = (await listRuns(home.state, {})).map(({ id }) => id);
    const runs = ids.filter((id) => id.startsWith('aaa'));
    expect(runs).toHaveLength(2);
    await expect.poll(() => platform.submitted.length, PATIENCE).toBe(2);
    for (const attempt of [0, 1])
      expect(runs).toContainEqual(
        expect.stringMatching(new RegExp(`^a{22}-n0-0-dn3-${attempt}-[0-9a-f]{10}$`)),
      );
    resolve({});
    expect(await client.untilEnded(metas[0] as Buffer)).toMatchObject({ phase: 'SUCCEEDED' });
    // Another replica, or this one after a restart, finds the run that has ended.
    expect(await client.create(training({ execution, node: 'n0-0-dn3' }))).toEqual(metas[0]);
    expect(platform.submitted).toHaveLength(2);
  });

  it('that is asked for with another task is refused', async () => {
    const { client } = start(new FakePlatform());
    await client.create(training());
    const other = await client.create(
      training({ custom: { task: { instanceType: 'ml.m5.large', image: 'other:1' } } }),
    );
    expect(await client.get(other)).toMatchObject({
      phase: 'FAILED',
      message: expect.stringContaining('was used for another request'),
    });
  });

  it('outside of an execution is a run of its own each time', async () => {
    const { client } = start(new FakePlatform());
    const { taskExecutionMetadata: _, ...local } = training();
    const [first, second] = await Promise.all([client.create(local), client.create(local)]);
    expect(String(first)).not.toBe(String(second));
    expect(await client.untilEnded(first)).toMatchObject({ phase: 'SUCCEEDED' });
  });
});

describe('a failure', () => {
  const failures: readonly (readonly [string, Partial<JobStatus>, string, string])[] = [
    [
      'of the job is worth a retry',
      { phase: 'failed', status: 'Failed', message: 'AlgorithmError: exit code 1' },
      'RETRYABLE_FAILED',
      'JobFailed: AlgorithmError: exit code 1',
    ],
    [
      'of a job that somebody has stopped is not',
      { phase: 'aborted', status: 'Stopped', message: 'The job was stopped.' },
      'FAILED',
      'JobStopped: The job was stopped.',
    ],
  ];
  it.each(failures)('%s', async (_, status, phase, message) => {
    const { client } = start(new FakePlatform(() => status));
    const meta = await client.create(training());
    expect(await client.untilEnded(meta)).toMatchObject({ phase, message });
  });

  it('shows the end of the log', async () => {
    const logTail = Array.from({ length: 15 }, (_, line) => `line ${line}`);
    const status = { phase: 'failed', status: 'Failed', message: 'exit 1', logTail } as const;
    const { client } = start(new FakePlatform(() => status));
    const { message } = await client.untilEnded(await client.create(training()));
    expect(message).toBe(
      `JobFailed: exit 1\n${logTail
        .slice(-10)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
  });

  it('that no retry helps is FAILED at once, by GetTask and never by CreateTask', async () => {
    const platform = new FakePlatform();
    platform.onSubmit = () => {
      throw new SluiceError('CredentialsExpired', 'The token has expired.', { hint: 'Log in again.' });
    };
    const { client } = start(platform);
    expect(await client.untilEnded(await client.create(training()))).toMatchObject({
      phase: 'FAILED',
      message: 'CredentialsExpired: The token has expired. Log in again.',
    });
  });

  it('of the system is tried again inside the attempt', async () => {
    const platform = new FakePlatform();
    let tries = 0;
    platform.onSubmit = () => {
      if (tries++ < 1) throw new SluiceError('Throttled', 'Slow down.');
    };
    const { client } = start(platform);
    expect(await client.untilEnded(await client.create(training()))).toMatchObject({ phase: 'SUCCEEDED' });
    expect(platform.submitted).toHaveLength(1);
  });
});

it('a spot machine that is taken away is replaced inside the attempt, which stays RUNNING', async () => {
  const lost = {
    phase: 'failed',
    status: 'Failed',
    message: 'The spot machine was taken away.',
    displaced: 'interruption',
  } as const;
  const { promise, resolve } = Promise.withResolvers<Partial<JobStatus>>();
  const answers: (Partial<JobStatus> | Promise<Partial<JobStatus>>)[] = [lost, promise];
  const platform = new FakePlatform(() => answers.shift() ?? {});
  const { client } = start(platform);
  const meta = await client.create(training({ labels: { interruptible: 'true' } }));
  const phases = new Set<string>();
  while (platform.submitted.length < 2) {
    phases.add((await client.get(meta)).phase);
    await turn();
  }
  const again = await client.get(meta);
  phases.add(again.phase);
  expect(platform.tasks[0]).toMatchObject({ spot: true });
  expect(structToJson(again.customInfo)).toMatchObject({ attempt: 2, platform: 'local' });
  resolve({});
  expect(await client.untilEnded(meta)).toMatchObject({ phase: 'SUCCEEDED' });
  expect([...phases].filter((phase) => /FAILED/.test(phase))).toEqual([]);
});

it('a job that begins anew, on another machine, is still RUNNING', async () => {
  const fails = Promise.withResolvers<void>();
  class Restarting extends FakePlatform {
    override async *watch(handle: Parameters<FakePlatform['watch']>[0]): AsyncGenerator<JobStatus> {
      const all = super.watch(handle);
      const { value: running } = await all.next();
      yield running;
      await fails.promise;
      yield { ...running, phase: 'initializing', secondaryStatus: 'Restarting' };
      yield* all;
    }
  }
  const { promise, resolve } = Promise.withResolvers<Partial<JobStatus>>();
  const { client } = start(new Restarting(() => promise));
  const meta = await client.create(training());
  await expect.poll(async () => (await client.get(meta)).phase, PATIENCE).toBe('RUNNING');
  fails.resolve();
  const said = async () => structToJson((await client.get(meta)).customInfo)['secondaryStatus'];
  await expect.poll(said, PATIENCE).toBe('Restarting');
  expect(await client.get(meta)).toMatchObject({ phase: 'RUNNING' });
  resolve({});
  expect(await client.untilEnded(meta)).toMatchObject({ phase: 'SUCCEEDED' });
});

describe('DeleteTask', () => {
  it('stops the job, once, however often it is asked', async () => {
    const platform = new FakePlatform(() => new Promise(() => undefined));
    const { client } = start(platform);
    const meta = await client.create(training());
    await expect.poll(() => platform.submitted.length, PATIENCE).toBe(1);
    await Promise.all([client.delete(meta), client.delete(meta)]);
    await expect.poll(async () => (await client.get(meta)).phase, PATIENCE).toBe('FAILED');
    await client.delete(meta);
    expect(platform.cancelled).toHaveLength(1);
    expect(await client.get(meta)).toMatchObject({ message: expect.stringContaining('RunStopped') });
  });

  it('leaves what has ended as it is, and takes a task that could not be created', async () => {
    const { client } = start(new FakePlatform());
    const meta = await client.create(training());
    await client.untilEnded(meta);
    await client.delete(meta);
    expect(await client.get(meta)).toMatchObject({ phase: 'SUCCEEDED' });
    await client.delete(await client.create(training({ custom: {} })));
    await client.delete(Buffer.from('nothing of ours'));
  });
});

describe('progress', () => {
  it('is in the phase, the info and the names of links', async () => {
    const platform = new FakePlatform(() => new Promise(() => undefined), { name: 'sagemaker' });
    const { client } = start(platform);
    const custom = { task: { ...task.task, platform: 'sagemaker' } };
    const meta = await client.create(training({ custom }));
    await expect
      .poll(async () => (await client.get(meta)).logLinks?.[0]?.name, PATIENCE)
      .toBe('sagemaker: InProgress');
    const resource = await client.get(meta);
    expect(resource).toMatchObject({ phase: 'RUNNING' });
    expect(resource.logLinks?.[0]?.uri).toMatch(
      /^https:\/\/us-east-1\.console\.aws\.amazon\.com\/sagemaker\/.*#\/jobs\/exec\d+-n0-0-/,
    );
    expect(structToJson(resource.customInfo)).toMatchObject({ status: 'InProgress', attempt: 1 });
  });

  it('waits in the queue as QUEUED', async () => {
    const platform = new FakePlatform();
    platform.isFull = true;
    const { client } = start(platform);
    const meta = await client.create(training());
    await expect
      .poll(async () => structToJson((await client.get(meta)).customInfo)['status'], PATIENCE)
      .toBe('InProgress');
    expect(await client.get(meta)).toMatchObject({ phase: 'QUEUED' });
    await client.delete(meta);
  });
});

describe('a state that cannot be asked', () => {
  it('leaves tasks as they were last seen', async () => {
    await using own = await startConnector({ platforms: [new FakePlatform()] });
    const { client, home, log } = own;
    const ended = await client.create(training());
    const unseen = await client.create(training({ node: 'n1' }));
    await client.untilEnded(ended);
    await expect
      .poll(async () => (await listRuns(home.state, { phase: 'Succeeded' })).length, PATIENCE)
      .toBe(2);
    await home.state.close();
    expect(await client.get(ended)).toMatchObject({ phase: 'SUCCEEDED' });
    expect(await client.get(unseen)).toMatchObject({ phase: 'RUNNING' });
    expect(log.join('\n')).toContain('as it was last seen');
    await expect(client.create(training({ node: 'n2' }))).rejects.toThrow(/INTERNAL|UNAVAILABLE/);
  });
});
