import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/core/errors.ts';
import type { Engine, RunHandle } from '../../src/engine/index.ts';
import { trainingTask, workflow } from '../../src/index.ts';
import { type Database, getRun, listEvents, listNodes } from '../../src/state/index.ts';
import { loseLease } from '../harness/lose-lease.ts';
import { FakePlatform } from './fake-platform.ts';
import { testEngine } from './home.ts';

const train = trainingTask('train', { image: 'x/y:1', instanceType: 'ml.m5.xlarge' });
const flow = workflow('flow', {}, () => ({ model: train({}).model }));

/** A platform whose jobs run until they are let go. */
function waitingPlatform(): { platform: FakePlatform; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<Record<string, never>>();
  return { platform: new FakePlatform(() => promise), release: () => resolve({}) };
}

/** Begins a run and leaves it as its process would that died while the job ran. */
async function abandonedRun(engine: Engine, state: Database): Promise<RunHandle> {
  const run = await engine.run(flow);
  for await (const event of run.events) if (event.type === 'job') break;
  await loseLease(state);
  return run;
}

async function setJob(state: Database, job: unknown): Promise<void> {
  await state.run('UPDATE nodes SET job = ?', job === undefined ? null : JSON.stringify(job));
}

describe('the handle of a job', () => {
  it('is committed, as submit has answered it, before the job is watched', async () => {
    const platform = new FakePlatform();
    const { engine, state } = await testEngine(platform);
    const kept: unknown[] = [];
    platform.onWatch = async () => {
      kept.push(...(await listNodes(state, run.id)).map(({ phase, job }) => ({ phase, job })));
    };
    const run = await engine.run(flow);
    const events = [];
    for await (const event of run.events) events.push(event);
    const job = { platform: 'local', jobType: 'training', jobName: `${run.id}-train-1`, ref: 'job-1' };
    expect(kept).toEqual([{ phase: 'Running', job }]);
    expect(events.filter(({ type }) => type === 'submitted')).toMatchObject([{ node: 'train', job }]);
    expect((await run.done).nodes[0]).toMatchObject({ phase: 'Succeeded', job });
    const kinds = (await listEvents(state, { subject: run.id, kind: 'node' })).map(({ type }) => type);
    expect(kinds).toEqual(['Running', 'Submitted', 'Succeeded']);
  });

  it('is what a resumed run watches by: nothing is submitted again', async () => {
    const { platform, release } = waitingPlatform();
    const { engine, state } = await testEngine(platform);
    const first = await abandonedRun(engine, state);
    const second = await engine.resume(first.id, flow);
    release();
    expect(await second.done).toMatchObject({ phase: 'Succeeded', nodes: [{ attempt: 1 }] });
    await first.done;
    expect(platform.submits).toBe(1);
  });

  it('that was not committed is found by the key: a death between submit and commit makes no second job', async () => {
    const { platform, release } = waitingPlatform();
    const { engine, state } = await testEngine(platform);
    const first = await abandonedRun(engine, state);
    await setJob(state, undefined);
    const second = await engine.resume(first.id, flow);
    release();
    const job = { ref: 'job-1' };
    expect(await second.done).toMatchObject({ phase: 'Succeeded', nodes: [{ attempt: 1, job }] });
    await first.done;
    expect(platform).toMatchObject({ submits: 2, submitted: [`${first.id}/train/1`] });
  });

  it('of a job that the platform no longer knows leads to a new attempt, and the run says so', async () => {
    const { platform, release } = waitingPlatform();
    const { engine, state } = await testEngine(platform);
    const first = await abandonedRun(engine, state);
    platform.forget();
    const second = await engine.resume(first.id, flow);
    release();
    expect(await second.done).toMatchObject({ phase: 'Succeeded', nodes: [{ attempt: 2 }] });
    await first.done;
    const failure = (await listEvents(state, { subject: first.id, kind: 'node' })).find(
      ({ type }) => type === 'RetryableFailure',
    );
    expect(failure?.data).toMatchObject({
      code: 'JobNotFound',
      message: `The platform 'local' no longer knows the job '${first.id}-train-1': it was removed before its end was seen.`,
    });
  });

  it.each<[title: string, job: unknown, code: string, message: string]>([
    ['is no object', 'text', 'HomeDamaged', "of node 'train' cannot be read: expected an object"],
    ['lacks its name', { platform: 'local', jobType: 'training' }, 'HomeDamaged', 'its jobName: expected a'],
    ['has an unknown type', { platform: 'local', jobType: 'x', jobName: 'a' }, 'HomeDamaged', 'its jobType'],
    [
      'is newer',
      { platform: 'local', jobType: 'training', jobName: 'a', region: 'eu-west-1' },
      'HomeVersion',
      "its handle has 'region', which this version does not know",
    ],
    [
      'is of a platform that is not there',
      { platform: 'locl', jobType: 'training', jobName: 'a' },
      'InvalidArgument',
      "The job 'a' of node 'train' runs on the platform 'locl', which is not there. Did you mean 'local'?",
    ],
  ])('that %s is a clear error, and the run stays as it is', async (_title, job, code, message) => {
    const { platform, release } = waitingPlatform();
    const { engine, state } = await testEngine(platform);
    const run = await abandonedRun(engine, state);
    await setJob(state, job);
    const { lease } = await getRun(state, run.id);
    await expect(engine.resume(run.id, flow)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    expect((await getRun(state, run.id)).lease).toEqual(lease);
    release();
    await run.done;
  });
});

describe('cancel', () => {
  it('reaches a job that is just being submitted', async () => {
    const { platform } = waitingPlatform();
    const { engine } = await testEngine(platform);
    const submitting = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    platform.onSubmit = async () => {
      submitting.resolve();
      await answer.promise;
    };
    const run = await engine.run(flow);
    await submitting.promise;
    const cancelled = run.cancel();
    answer.resolve();
    expect(await cancelled).toMatchObject({ phase: 'Aborted', nodes: [{ phase: 'Aborted' }] });
    expect(platform.cancelled).toEqual([`${run.id}-train-1`]);
  });

  it('is asked for until the platform has heard it', async () => {
    const { platform } = waitingPlatform();
    const { engine } = await testEngine(platform);
    let refused = 0;
    platform.onCancel = () => {
      if (refused++ === 0) throw new SluiceError('StoreUnavailable', 'Not now.');
    };
    const run = await engine.run(flow);
    for await (const event of run.events) if (event.type === 'job') break;
    expect(await run.cancel()).toMatchObject({ phase: 'Aborted' });
    expect(platform.cancelled).toHaveLength(1);
    expect(refused).toBe(2);
  });
});

type AtOnce = { near: number; far: number; both: number };

describe('jobs at once', () => {
  /**
   * Runs ten jobs on each of two platforms; none ends before as many run as are expected.
   *
   * @returns the most that ran at once on each, and on both
   */
  async function mostAtOnce(
    expected: Partial<AtOnce>,
    concurrency?: number | { jobs: number | Record<string, number> },
  ): Promise<AtOnce> {
    const now = { near: 0, far: 0 };
    const most: AtOnce = { near: 0, far: 0, both: 0 };
    const isReached = () => Object.entries(expected).every(([name, count]) => most[name as 'near'] >= count);
    const counting = (name: 'near' | 'far', jobsAtOnce: number): FakePlatform =>
      new FakePlatform(
        async () => {
          most[name] = Math.max(most[name], ++now[name]);
          most.both = Math.max(most.both, now.near + now.far);
          while (!isReached()) await nextTurn();
          await nextTurn();
          now[name]--;
          return {};
        },
        { name, jobsAtOnce },
      );
    const { engine } = await testEngine(counting('near', 2), counting('far', 4));
    const on = (platform: string) =>
      trainingTask(`on-${platform}`, { image: 'x', instanceType: 'ml.m5.large', platform });
    const many = workflow('many', {}, () => {
      const [near, far] = [on('near'), on('far')];
      for (let index = 0; index < 10; index++) near({}, { name: `near-${index}` });
      for (let index = 0; index < 10; index++) far({}, { name: `far-${index}` });
    });
    const run = await engine.run({ ...many, ...(concurrency !== undefined && { concurrency }) });
    expect((await run.done).phase).toBe('Succeeded');
    return most;
  }

  it.each<[title: string, expected: Partial<AtOnce>, concurrency: Parameters<typeof mostAtOnce>[1]]>([
    ['each platform can', { near: 2, far: 4, both: 6 }, undefined],
    ['the run says of one platform', { near: 2, far: 1, both: 3 }, { jobs: { far: 1 } }],
    ['the run says of all together', { near: 3, both: 3 }, { jobs: 3 }],
    ['the run may have nodes', { near: 5, both: 5 }, 5],
  ])('are as many as %s', async (_title, expected, concurrency) => {
    expect(await mostAtOnce(expected, concurrency)).toMatchObject(expected);
  });

  it.each<[jobs: number | Record<string, number>, message: string]>([
    [0, 'concurrency.jobs: expected a whole number from 1, got 0.'],
    [{ near: 1.5 }, 'concurrency.jobs.near: expected a whole number from 1, got 1.5.'],
    [{ nera: 1 }, expect.stringContaining("concurrency.jobs: there is no platform 'nera'") as string],
  ])('%j is refused where it means nothing', async (jobs, message) => {
    await expect(mostAtOnce({}, { jobs })).rejects.toMatchObject({ code: 'InvalidArgument', message });
  });
});
