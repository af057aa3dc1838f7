import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { integer, task, trainingTask, uri, workflow } from '../../src/index.ts';
import { claimRun, type Database, findWorker, getRun, listEvents, listRuns } from '../../src/state/index.ts';
import { countedFlow, NODE_COUNT } from '../fixtures/engine/counted-flow.ts';
import { openTestDatabase } from '../harness/database.ts';
import { loseLease } from '../harness/lose-lease.ts';
import { FakePlatform } from './fake-platform.ts';
import { testEngine } from './home.ts';

const step = (calls: string[], fails: () => boolean) =>
  task('step', { inputs: { n: integer() }, outputs: { n: integer() } }, ({ n }, { node }) => {
    calls.push(node);
    if (node === 'b' && fails()) throw new Error('not now');
    return { n: n + 1 };
  });

function chain(calls: string[], fails: () => boolean) {
  const one = step(calls, fails);
  return workflow('chain', {}, () => {
    const a = one({ n: 0 }, { name: 'a' });
    const b = one({ n: a.n }, { name: 'b' });
    return { n: one({ n: b.n }, { name: 'c' }).n };
  });
}

describe('resume', () => {
  it('repeats only what did not succeed', async () => {
    const calls: string[] = [];
    let fails = true;
    const flow = chain(calls, () => fails);
    const { engine, state } = await testEngine();
    const first = await engine.run(flow);
    expect((await first.done).phase).toBe('Failed');
    fails = false;
    const second = await engine.resume(first.id, flow);
    expect(await second.done).toMatchObject({ id: first.id, phase: 'Succeeded', outputs: { n: 3 } });
    expect(calls).toEqual(['a', 'b', 'b', 'c']);
    expect(second.nodes().map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
    const third = await engine.resume(first.id, flow);
    expect(await third.done).toMatchObject({ phase: 'Succeeded', outputs: { n: 3 } });
    expect(calls).toHaveLength(4);
    expect((await getRun(state, first.id)).error).toBeUndefined();
  });

  it('is refused for a run that does not exist, or whose owner lives', async () => {
    const { engine, state } = await testEngine();
    await expect(engine.resume('nothing')).rejects.toMatchObject({ code: 'RunNotFound' });
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = task('wait', {}, () => promise);
    const flow = workflow('flow', {}, () => void wait({}));
    const run = await engine.run(flow);
    await expect(engine.resume(run.id, flow)).rejects.toMatchObject({ code: 'RunActive' });
    resolve();
    await run.done;
    expect((await getRun(state, run.id)).phase).toBe('Succeeded');
  });

  it('is refused when the workflow has changed, unless the recorded one is asked for', async () => {
    const calls: string[] = [];
    let fails = true;
    const flow = chain(calls, () => fails);
    const { engine } = await testEngine();
    const { id, done } = await engine.run(flow);
    await done;
    fails = false;
    const one = step(calls, () => false);
    const changed = workflow('chain', {}, () => {
      const a = one({ n: 5 }, { name: 'a' });
      one({ n: a.n }, { name: 'z' });
    });
    await expect(engine.resume(id, changed)).rejects.toMatchObject({
      code: 'GraphChanged',
      message: expect.stringContaining('node added: z; nodes removed: b, c; node changed: a') as string,
    });
    const run = await engine.resume(id, { ...changed, useRecordedGraph: true });
    expect(await run.done).toMatchObject({ phase: 'Succeeded', outputs: { n: 3 } });
  });

  it('names the task that has changed, and no other, when it is refused', async () => {
    const flowWith = (environment: Record<string, string>) => {
      const common = { image: 'x', instanceType: 'ml.m5.large' } as const;
      const train = trainingTask('train', { ...common, environment });
      const other = trainingTask('other', { ...common, environment: { A: '1' }, channels: ['data'] });
      return workflow('flow', {}, () => void other({ data: train({}).model }));
    };
    const { engine } = await testEngine(new FakePlatform(() => ({ phase: 'failed', status: 'Failed' })));
    const { id, done } = await engine.run(flowWith({ B: '1' }));
    expect((await done).nodes[0], 'its log is still found').toMatchObject({
      phase: 'Failed',
      job: { jobName: expect.stringContaining('train') as string },
    });
    await expect(engine.resume(id, flowWith({ B: '2' }))).rejects.toMatchObject({
      message: expect.stringContaining("(task 'train': environment.B changed)") as string,
    });
  });

  it('finds a job that was submitted before the process died', async () => {
    const train = trainingTask('train', { image: 'x', instanceType: 'ml.m5.large' });
    const flow = workflow('flow', {}, () => ({ model: train({}).model }));
    const { promise: release, resolve } = Promise.withResolvers<Record<string, never>>();
    const { engine, state, platform } = await testEngine(new FakePlatform(() => release));
    const first = await engine.run(flow);
    for await (const event of first.events) if (event.type === 'job') break;
    await loseLease(state);
    const second = await engine.resume(first.id, flow);
    resolve({});
    expect(await second.done).toMatchObject({ phase: 'Succeeded', nodes: [{ attempt: 1 }] });
    expect(await first.done).toMatchObject({
      phase: 'Failed',
      error: { code: 'LeaseLost', fault: 'system' },
    });
    expect(platform.submitted).toEqual([`${first.id}/train/1`]);
  });

  it('goes on from what another process has come to after the run was looked at', async () => {
    let calls = 0;
    const first = task('first', { outputs: { data: uri() } }, () => {
      if (++calls === 1) throw new Error('not now');
      return { data: 's3://bucket/in' };
    });
    const train = trainingTask('train', { image: 'x', instanceType: 'ml.m5.large', channels: ['data'] });
    const flow = workflow('flow', {}, () => void train({ data: first({}).data }));
    const failed = [{ phase: 'failed', status: 'Failed' } as const];
    const { engine, platform } = await testEngine(new FakePlatform(() => failed.pop() ?? {}));
    const { id, done } = await engine.run(flow);
    await done;
    // The platform is asked after the run was read, and before it is claimed.
    platform.check = async () => {
      platform.check = async () => undefined;
      expect(await (await engine.resume(id, flow)).done).toMatchObject({ phase: 'Failed' });
    };
    expect(await (await engine.resume(id, flow)).done).toMatchObject({
      phase: 'Succeeded',
      nodes: [{ attempt: 2 }, { attempt: 2 }],
    });
    expect(calls).toBe(2);
  });

  it('is claimed by one worker only', async () => {
    const { engine, state, home } = await testEngine();
    const run = await engine.run(workflow('empty', {}, () => {}));
    await run.done;
    const other = await openTestDatabase(home);
    onTestFinished(() => other.close());
    expect(await claimRun(other, { id: run.id, time: 0 })).toMatchObject({ fence: 2 });
    await expect(claimRun(state, { id: run.id, time: 0 })).rejects.toMatchObject({
      code: 'RunActive',
    });
  });

  it('from a process that was stopped for longer than its lease: continued, it writes nothing more', async () => {
    const { engine, state, home } = await testEngine();
    const effects = join(home, 'effects');
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../fixtures/engine/run-counted.ts'), home, effects],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    while (lines(effects).length < NODE_COUNT / 8 && child.exitCode === null) await sleep(2);
    await stopBetweenWrites(child, home);
    const [run] = await listRuns(state);
    const flow = countedFlow(effects);
    await expect(engine.resume(run!.id, flow)).rejects.toMatchObject({
      code: 'RunActive',
      message: expect.stringMatching(`process ${child.pid} on .*, whose lease lasts until 20`) as string,
    });
    await state.run('UPDATE workers SET lease_until = 1 WHERE pid = ?', child.pid ?? 0);
    const resumed = await engine.resume(run!.id, flow);
    child.kill('SIGCONT');
    expect(await resumed.done).toMatchObject({ phase: 'Succeeded' });
    expect(await ended).toEqual([0, null]);
    expect(await getRun(state, run!.id)).toMatchObject({ phase: 'Succeeded' });
    const succeeded = (await listEvents(state, { subject: run!.id, kind: 'node', limit: 20_000 })).filter(
      ({ type }) => type === 'Succeeded',
    );
    expect(succeeded).toHaveLength(NODE_COUNT);
  });

  it('after kill -9 runs every node to its end, and none that had succeeded again', async () => {
    const { engine, state, home } = await testEngine();
    const effects = join(home, 'effects');
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../fixtures/engine/run-counted.ts'), home, effects],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    while (lines(effects).length < NODE_COUNT / 4 && child.exitCode === null) await sleep(2);
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const before = lines(effects);
    const [run] = await listRuns(state);
    expect(run).toMatchObject({ phase: 'Running' });
    expect(await findWorker(state, run!.lease!)).toMatchObject({ pid: child.pid });
    const succeeded = await state.all<{ node: number }>("SELECT node FROM nodes WHERE phase = 'Succeeded'");
    expect(succeeded.length).toBeGreaterThan(0);
    const result = await (await engine.resume(run!.id, countedFlow(effects))).done;
    expect(result.phase).toBe('Succeeded');
    const after = lines(effects);
    expect(new Set(after).size).toBe(NODE_COUNT);
    const repeated = after.slice(before.length).filter((name) => before.includes(name));
    const done = new Set(succeeded.map(({ node }) => result.nodes[node]?.id));
    expect(repeated.filter((name) => done.has(name))).toEqual([]);
    // Only what ran at the moment of the kill may have run twice.
    expect(repeated.length).toBeLessThanOrEqual(10);
  });
});

/** A process that is stopped within a transaction would hold the database. */
async function stopBetweenWrites(child: ChildProcess, home: string): Promise<void> {
  await using impatient = await impatientState(home);
  for (;;) {
    child.kill('SIGSTOP');
    try {
      await impatient.state.run('UPDATE runs SET updated_at = updated_at');
      return;
    } catch {
      child.kill('SIGCONT');
      await sleep(5);
    }
  }
}

async function impatientState(home: string): Promise<AsyncDisposable & { readonly state: Database }> {
  const state = await openTestDatabase(home, { busyTimeoutMs: 50 });
  return { state, [Symbol.asyncDispose]: () => state.close() };
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
