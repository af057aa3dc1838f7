import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/engine/index.ts';
import {
  batchTransformTask,
  float,
  integer,
  json,
  string,
  task,
  trainingTask,
  uri,
  workflow,
} from '../../src/index.ts';
import { getRun, listEvents, listNodes, listRuns } from '../../src/state/index.ts';
import { fillStateNearly } from '../harness/obstacles.ts';
import { FakePlatform } from './fake-platform.ts';
import { testEngine } from './home.ts';

const double = task('double', { inputs: { n: integer() }, outputs: { n: integer() } }, ({ n }) => ({
  n: n * 2,
}));
const add = task(
  'add',
  { inputs: { a: integer(), b: integer() }, outputs: { sum: integer() } },
  ({ a, b }) => ({
    sum: a + b,
  }),
);
const train = trainingTask('train', { image: 'x/y:1', instanceType: 'ml.m5.xlarge', channels: ['train'] });

const diamond = workflow('diamond', { inputs: { n: integer({ default: 1 }) } }, ({ n }) => {
  const top = double({ n }, { name: 'top' });
  const left = double({ n: top.n }, { name: 'left' });
  const right = double({ n: top.n }, { name: 'right' });
  return { sum: add({ a: left.n, b: right.n }).sum };
});

describe('a run', () => {
  it('hands values on and ends with the outputs of the workflow', async () => {
    const { engine, state } = await testEngine();
    const run = await engine.run({ ...diamond, inputs: { n: 3 } });
    const events: RunEvent[] = [];
    for await (const event of run.events) events.push(event);
    const result = await run.done;
    expect(result).toMatchObject({
      id: run.id,
      workflow: 'diamond',
      phase: 'Succeeded',
      outputs: { sum: 24 },
    });
    expect(result.nodes.map(({ id, phase, attempt }) => [id, phase, attempt])).toEqual(
      ['top', 'left', 'right', 'add'].map((id) => [id, 'Succeeded', 1]),
    );
    expect(events.filter((event) => event.type === 'node')).toHaveLength(8);
    expect(events.at(-1)).toMatchObject({ type: 'run', phase: 'Succeeded' });
    expect(await getRun(state, run.id)).toMatchObject({
      phase: 'Succeeded',
      inputs: { n: 3 },
      outputs: { sum: 24 },
    });
    expect((await getRun(state, run.id)).lease).toBeUndefined();
    expect(await listEvents(state, { subject: run.id })).toHaveLength(10);
    expect(await listEvents(state, { subject: run.id, kind: 'run' })).toHaveLength(2);
    expect(await listRuns(state)).toHaveLength(1);
  });

  it('commits that a node runs before it runs', async () => {
    const { engine, state } = await testEngine();
    let seen: unknown;
    const look = task('look', {}, async (_inputs, { runId }) => {
      seen = await listNodes(state, runId);
    });
    await (await engine.run(workflow('flow', {}, () => void look({})))).done;
    expect(seen).toMatchObject([{ phase: 'Running', attempt: 1 }]);
  });

  it.each<[title: string, inputs: Record<string, unknown>, message: string]>([
    ['an unknown input', { m: 1 }, "there is no input 'm'. Did you mean 'n'?"],
    ['a wrong type', { n: 'x' }, "the input 'n': expected an integer, got 'x'."],
  ])('is refused for %s, and the inputs are listed', async (_title, inputs, message) => {
    const { engine } = await testEngine();
    await expect(engine.run({ ...diamond, inputs: inputs as never })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(message) as string,
      hint: 'Its inputs are: n (integer, default 1).',
    });
  });

  it('is refused for a missing input, a missing function, an unknown platform', async () => {
    const { engine } = await testEngine();
    const needs = workflow('needs', { inputs: { n: integer() } }, ({ n }) => void double({ n }));
    await expect(engine.run(needs)).rejects.toThrow("the input 'n' is missing");
    await expect(engine.run({ graph: diamond.graph })).rejects.toThrow("Task 'double'");
    const far = trainingTask('far', { image: 'x', instanceType: 'ml.m5.large', platform: 'locl' });
    await expect(engine.run(workflow('far', {}, () => void far({})))).rejects.toThrow(
      "Did you mean 'local'?",
    );
  });

  it('gives a job its inputs, a name that SageMaker takes, and a place for its outputs', async () => {
    let got: unknown;
    const { engine, platform } = await testEngine(
      new FakePlatform((invocation) => {
        got = invocation;
        return { metrics: { loss: 1 }, billableSeconds: 7 };
      }),
    );
    const flow = workflow('flow', { inputs: { data: uri(), rate: float() } }, ({ data, rate }) => ({
      model: train({ train: data, hyperparameters: { rate, fixed: [1] } }, { name: 'n'.repeat(60) }).model,
    }));
    const run = await engine.run({ ...flow, inputs: { data: 's3://b/x', rate: 0.5 } });
    const { outputs, nodes } = await run.done;
    expect(got).toMatchObject({
      inputs: { train: 's3://b/x', hyperparameters: { rate: 0.5, fixed: [1] } },
      outputUri: `s3://sagemaker-us-east-1-123456789012/${run.id}/${'n'.repeat(60)}`,
      jobName: expect.stringMatching(/^flow-[a-zA-Z0-9](-*[a-zA-Z0-9]){1,57}$/) as string,
    });
    expect(platform.submitted).toEqual([`${run.id}/${'n'.repeat(60)}/1`]);
    expect(outputs).toEqual({ model: 's3://bucket/out' });
    expect(nodes[0]).toMatchObject({
      detail: { metrics: { loss: 1 }, billableSeconds: 7 },
      job: { platform: 'local' },
    });
  });

  it('runs no more nodes at once than allowed, and independent ones together', async () => {
    let now = 0;
    let most = 0;
    const wait = task('wait', {}, async () => {
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
    });
    const many = workflow('many', {}, () => {
      for (let index = 0; index < 20; index++) wait({}, { name: `n${index}` });
    });
    const { engine } = await testEngine();
    await (await engine.run({ ...many, concurrency: 3 })).done;
    expect(most).toBe(3);
    await (await engine.run(many)).done;
    expect(most).toBe(20);
    await expect(engine.run({ ...many, concurrency: 0 })).rejects.toThrow('expected a whole number from 1');
  });
});

describe('a failure', () => {
  const failing = task('failing', {}, () => {
    throw new Error('no luck');
  });

  it.each([
    ['FAIL_IMMEDIATELY', 'Aborted', 'NotYetStarted'],
    ['FAIL_AFTER_EXECUTABLE_NODES_COMPLETE', 'Succeeded', 'Succeeded'],
  ] as const)(
    'with %s leaves a running node %s and its successor %s',
    async (failurePolicy, running, successor) => {
      const slow = task('slow', {}, async (_inputs, { signal }) => {
        await sleep(running === 'Aborted' ? 60_000 : 0, undefined, { signal });
      });
      const flow = workflow('flow', { failurePolicy }, () => {
        const bad = failing({});
        slow({}, { name: 'running' });
        slow({}, { name: 'successor', after: ['running'] });
        slow({}, { name: 'dependent', after: [bad] });
      });
      const { engine } = await testEngine();
      const result = await (await engine.run(flow)).done;
      expect(result.phase).toBe('Failed');
      expect(result.error).toMatchObject({ code: 'TaskFailed', node: 'failing', fault: 'user' });
      expect(result.error?.message).toMatch(/^no luck \(.*run\.test\.ts:\d+\)$/);
      expect(result.nodes.map(({ phase }) => phase)).toEqual(['Failed', running, successor, 'NotYetStarted']);
    },
  );

  it('is tried again as often as the task says', async () => {
    let calls = 0;
    const flaky = task('flaky', { retries: 2, outputs: { calls: integer() } }, () => {
      calls++;
      if (calls < 3) throw new Error('not yet');
      return { calls };
    });
    const { engine, state } = await testEngine();
    const flow = workflow('flow', {}, () => ({ calls: flaky({}).calls }));
    const run = await engine.run(flow);
    expect(await run.done).toMatchObject({ phase: 'Succeeded', outputs: { calls: 3 } });
    expect((await listEvents(state, { subject: run.id, kind: 'node' })).map(({ type }) => type)).toEqual([
      'Running',
      'RetryableFailure',
      'Running',
      'RetryableFailure',
      'Running',
      'Succeeded',
    ]);
    calls = -10;
    const again = await (await engine.run(flow)).done;
    expect(again.error?.message).toContain('(after 3 attempts)');
  });

  it.each<[title: string, result: unknown, message: string]>([
    ['no output', {}, "it returned no output 'n'"],
    ['an output of the wrong type', { n: 'x' }, "its output 'n': expected an integer, got 'x'."],
    ['an output that is not declared', { n: 1, m: 2 }, "it returned 'm', which is not declared"],
    ['no object', 3, 'it returned number'],
  ])('is told when a function returns %s', async (_title, result, message) => {
    const wrong = task('wrong', { outputs: { n: integer() } }, () => result as never);
    const { engine } = await testEngine();
    const { error } = await (await engine.run(workflow('flow', {}, () => void wrong({})))).done;
    expect(error).toMatchObject({
      code: 'OutputInvalid',
      message: expect.stringContaining(message) as string,
    });
    expect(error?.message).toContain('run.test.ts:');
  });

  it.each<[title: string, value: unknown, message: string]>([
    ['a date', new Date(), 'expected JSON, got a Date'],
    ['NaN', { a: [1, Number.NaN] }, "expected JSON, got NaN at 'a.1'"],
    ['a function', { f: () => 1 }, "got a function at 'f'"],
    ['a BigInt', 1n, 'expected JSON, got 1'],
  ])('is told when a JSON output holds %s', async (_title, value, message) => {
    const wrong = task('wrong', { outputs: { value: json() } }, () => ({ value: value as never }));
    const { engine } = await testEngine();
    const { error } = await (await engine.run(workflow('flow', {}, () => void wrong({})))).done;
    expect(error?.message).toContain(message);
  });

  it('is told when a function returns more than is kept, and what is just not too much is kept whole', async () => {
    const many = task('many', { inputs: { n: integer() }, outputs: { all: json() } }, ({ n }) => ({
      all: Array.from({ length: n }, (_, index) => `s3://bucket/results/${index}/model.tar.gz`),
    }));
    const count = task('count', { inputs: { all: json() }, outputs: { n: integer() } }, ({ all }) => ({
      n: (all as unknown[]).length,
    }));
    const long = task('long', { inputs: { n: integer() }, outputs: { text: string() } }, ({ n }) => ({
      text: 'é'.repeat(n),
    }));
    const { engine, state } = await testEngine();
    const flow = workflow('flow', {}, () => {
      const { text } = long({ n: 5 * 1024 * 1024 });
      return { n: count({ all: many({ n: 100_000 }).all }).n, text };
    });
    const { id, phase } = await (await engine.run(flow)).done;
    expect(phase).toBe('Succeeded');
    const { outputs } = await getRun(state, id);
    expect([outputs?.['n'], `${outputs?.['text']}`.length]).toEqual([100_000, 5 * 1024 * 1024]);
    for (const wrong of [() => void many({ n: 450_000 }), () => void long({ n: 9 * 1024 * 1024 })]) {
      const { error } = await (await engine.run(workflow('flow', {}, wrong))).done;
      expect(error).toMatchObject({
        code: 'OutputInvalid',
        message: expect.stringMatching(/^Task '\w+': its outputs are longer than 16 MiB of JSON/) as string,
      });
    }
  }, 180_000);

  it('of a job keeps its reason and the end of its log', async () => {
    const failed = {
      phase: 'failed',
      status: 'Failed',
      message: 'AlgorithmError: x',
      logTail: ['line'],
    } as const;
    const { engine, platform } = await testEngine(new FakePlatform(() => failed));
    const flow = workflow('flow', {}, () => void train({ train: 's3://b/x' }));
    const { error } = await (await engine.run(flow)).done;
    expect(error).toMatchObject({
      code: 'JobFailed',
      message: 'AlgorithmError: x',
      logTail: ['line'],
      node: 'train',
    });
    expect(platform.submitted).toHaveLength(1);
  });

  it('is an output that a task needs and the one before has not made', async () => {
    const { engine, platform } = await testEngine(
      new FakePlatform(() => ({ outputs: { model: 's3://b/m' } })),
    );
    const again = trainingTask('again', {
      image: 'x/y:1',
      instanceType: 'ml.m5.xlarge',
      channels: ['train'],
      retries: 2,
    });
    const flow = workflow('flow', {}, () => void again({ train: train({ train: 's3://b/x' }).output }));
    const { phase, error } = await (await engine.run(flow)).done;
    expect(phase).toBe('Failed');
    expect(error).toMatchObject({
      code: 'OutputMissing',
      message: "Node 'again': its input 'train' is output 'output' of node 'train', which it has not made.",
      node: 'again',
    });
    expect(platform.submitted).toHaveLength(1);
  });

  it('of a transform whose model nothing but its image serves says where to name the code', async () => {
    const predict = (script?: string) =>
      batchTransformTask('predict', {
        framework: 'xgboost',
        frameworkVersion: '1.7-1',
        instanceType: 'ml.m5.large',
        ...(script !== undefined && { script }),
      });
    const failed = { phase: 'failed', status: 'Failed', message: 'no model' } as const;
    const hintOf = async (task: ReturnType<typeof predict>) => {
      const { engine } = await testEngine(new FakePlatform(() => failed));
      const flow = workflow('flow', {}, () => void task({ model: 's3://b/m', input: 's3://b/d' }));
      return (await (await engine.run(flow)).done).error?.hint;
    };
    expect(await hintOf(predict())).toMatch(
      /^Task 'predict' \(.*run\.test\.ts:\d+\) names no inference code, .* script: 'inference\.py'\.$/,
    );
    expect(await hintOf(predict('inference.py'))).toBeUndefined();
  });

  it('of the system does not spend the retries of the user, and a new attempt has a new name', async () => {
    const names: string[] = [];
    const { engine } = await testEngine(
      new FakePlatform(({ jobName }) => {
        names.push(jobName);
        return names.length < 3 ? { phase: 'failed', status: 'Failed', fault: 'system' } : {};
      }),
    );
    const flow = workflow('flow', {}, () => void train({ train: 's3://b/x' }));
    const { phase, nodes } = await (await engine.run(flow)).done;
    expect(phase).toBe('Succeeded');
    expect(nodes[0]?.attempt).toBe(3);
    expect(new Set(names).size).toBe(3);
  });

  it('of an attempt that takes too long is a TimeoutExpired', async () => {
    const slow = task('slow', { timeoutSeconds: 0.02 }, async (_inputs, { signal }) => {
      await sleep(60_000, undefined, { signal });
    });
    const { engine } = await testEngine();
    const { error, nodes } = await (await engine.run(workflow('flow', {}, () => void slow({})))).done;
    expect(error).toMatchObject({
      code: 'TimeoutExpired',
      message: expect.stringContaining('0.02 s') as string,
    });
    expect(nodes[0]?.phase).toBe('TimedOut');
  });

  it('of an attempt may be longer than timers go', async () => {
    const patient = task('patient', { timeoutSeconds: 100 * 86_400 }, () => sleep(20, {}));
    const { engine } = await testEngine();
    const { phase } = await (await engine.run(workflow('flow', {}, () => void patient({})))).done;
    expect(phase).toBe('Succeeded');
  });

  it('of a job that takes too long stops the job', async () => {
    const { engine, platform } = await testEngine(new FakePlatform(() => new Promise(() => undefined)));
    const slow = trainingTask('slow', { image: 'x', instanceType: 'ml.m5.large', timeoutSeconds: 0.05 });
    const { error } = await (await engine.run(workflow('flow', {}, () => void slow({})))).done;
    expect(error?.code).toBe('TimeoutExpired');
    expect(platform.cancelled).toHaveLength(1);
  });
});

describe('a disk that is full', () => {
  it('ends the run with that error, stops its jobs, and lets it be resumed', async () => {
    let stuck = true;
    const filled = Promise.withResolvers<() => Promise<void>>();
    const job = (): Promise<object> => (stuck ? new Promise(() => undefined) : Promise.resolve({}));
    const { engine, platform, state } = await testEngine(new FakePlatform(job));
    const fill = task('fill', { outputs: { text: string() } }, async () => {
      if (stuck) filled.resolve(await fillStateNearly(state));
      return { text: 'x'.repeat(1_000_000) };
    });
    const flow = workflow('flow', {}, () => {
      train({ train: 's3://b/x' });
      fill({});
    });
    const run = await engine.run(flow);
    expect(await run.done).toMatchObject({ phase: 'Failed', error: { code: 'DiskFull', fault: 'system' } });
    expect(platform.cancelled).toHaveLength(1);
    await (await filled.promise)();
    stuck = false;
    expect((await (await engine.resume(run.id, flow)).done).phase).toBe('Succeeded');
    // The job that was stopped with the run is not the end of the node.
    expect(platform.submitted).toEqual([`${run.id}/train/1`, `${run.id}/train/2`]);
    // PostgreSQL waits for room, ten seconds for each change.
  }, 180_000);
});

describe('cancel', () => {
  it('stops functions and jobs, and ends the run as Aborted', async () => {
    const { engine, platform, state } = await testEngine(
      new FakePlatform(() => new Promise(() => undefined)),
    );
    const slow = task('slow', { outputs: { text: string() } }, async (_inputs, { signal }) => {
      await sleep(60_000, undefined, { signal });
      return { text: '' };
    });
    const flow = workflow('flow', {}, () => {
      slow({});
      train({ train: 's3://b/x' });
    });
    const run = await engine.run(flow);
    for await (const event of run.events) if (event.type === 'job') break;
    const result = await run.cancel();
    expect(result).toMatchObject({ phase: 'Aborted', error: { code: 'RunStopped' } });
    expect(result.nodes.map(({ phase }) => phase)).toEqual(['Aborted', 'Aborted']);
    expect(platform.cancelled).toHaveLength(1);
    expect(await run.cancel()).toBe(result);
    expect((await getRun(state, run.id)).phase).toBe('Aborted');
  });

  it('happens through a signal, too', async () => {
    const { engine } = await testEngine();
    const run = await engine.run({ ...diamond, signal: AbortSignal.abort() });
    expect((await run.done).phase).toBe('Aborted');
  });
});
