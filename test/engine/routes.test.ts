import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/core/errors.ts';
import { readCosts } from '../../src/home/plan/index.ts';
import { trainingTask, workflow } from '../../src/index.ts';
import { builtInPrices } from '../../src/platforms/prices/index.ts';
import type { Place, PlatformName, RunPlan } from '../../src/platforms/router/index.ts';
import { unpackPlan } from '../../src/platforms/router/index.ts';
import { getRunPlan, listNodes } from '../../src/state/index.ts';
import { FakePlatform } from './fake-platform.ts';
import { testEngine } from './home.ts';

const train = trainingTask('train', {
  image: 'x/y:1',
  instanceType: 'ml.m5.xlarge',
  platform: 'auto',
  spot: true,
});
const flow = workflow('flow', {}, () => void train({}));

/** Whether each is tried on spot machines: `sagemaker spot`. */
function planOf(...names: readonly string[]): RunPlan {
  const places = names.map((name): Place => {
    const [platform, spot] = name.split(' ');
    const instanceType = 'ml.m5.xlarge';
    return {
      platform: platform as PlatformName,
      instanceType,
      spot: spot !== undefined,
      seconds: 60,
      usd: 0.1,
    };
  });
  const reason = 'the test says so';
  const [first] = places as [Place];
  const step = { step: 'train', task: 'train', chosen: { ...first, reason }, places };
  const considered = [{ ...first, reason, fits: true }];
  return { policy: 'flowchart', steps: [{ ...step, considered }], total: { seconds: 60, usd: 0.1 } };
}

const full = {
  phase: 'failed',
  status: 'Failed',
  message: 'CapacityError: none',
  displaced: 'capacity',
} as const;
const lost = { ...full, message: 'It was taken away.', displaced: 'interruption' } as const;

describe('a node whose place was chosen', () => {
  it('goes on where there is room: spot first, then on demand, then the next platform, and spends no retry', async () => {
    const answers = [lost, full];
    const sagemaker = new FakePlatform(() => answers.shift() ?? {}, { name: 'sagemaker' });
    const batch = new FakePlatform(() => ({}), { name: 'batch' });
    const { engine, state } = await testEngine(new FakePlatform(), sagemaker, batch);
    const plan = planOf('sagemaker spot', 'sagemaker', 'batch', 'local');
    const run = await engine.run({ ...flow, plan });
    expect((await run.done).nodes).toMatchObject([
      { phase: 'Succeeded', attempt: 3, job: { platform: 'batch' } },
    ]);
    const spots = sagemaker.tasks.map((task) => task.type === 'training' && task.enableManagedSpotTraining);
    expect(spots).toEqual([true, false]);
    expect(sagemaker.tasks[0]).toMatchObject({ platform: 'sagemaker', maxWaitTimeInSeconds: 86_400 });
    expect(sagemaker.tasks[1]).not.toHaveProperty('maxWaitTimeInSeconds');
    const [node] = await listNodes(state, run.id);
    expect(node).toMatchObject({
      systemFailures: 0,
      detail: {
        place: 2,
        moved: ['sagemaker spot: It was taken away.', 'sagemaker: CapacityError: none'],
      },
    });
    expect(unpackPlan((await getRunPlan(state, run.id)) ?? '')).toEqual(plan);
  });

  it('keeps what each attempt was billed, and where', async () => {
    const answers = [
      { ...lost, billableSeconds: 40 },
      { ...full, billableSeconds: 0 },
      { billableSeconds: 7 },
    ];
    const sagemaker = new FakePlatform(() => answers.shift() ?? {}, { name: 'sagemaker' });
    const batch = new FakePlatform(() => answers.shift() ?? {}, { name: 'batch' });
    const { engine, state } = await testEngine(new FakePlatform(), sagemaker, batch);
    const run = await engine.run({ ...flow, plan: planOf('sagemaker spot', 'sagemaker', 'batch') });
    expect((await run.done).phase).toBe('Succeeded');
    const [node] = await listNodes(state, run.id);
    expect(node?.detail).toMatchObject({
      billableSeconds: 7,
      spent: [
        { platform: 'sagemaker', billableSeconds: 40 },
        { platform: 'sagemaker', billableSeconds: 0, place: 1 },
      ],
    });
    const { rows } = await readCosts(state, { limit: 10 }, {}, builtInPrices);
    expect(rows).toMatchObject([
      { platform: 'sagemaker', jobs: 2, billableSeconds: 40 },
      { platform: 'batch', jobs: 1, billableSeconds: 7 },
    ]);
  });

  it('asks SageMaker for the machines of the plan', async () => {
    const sagemaker = new FakePlatform(() => ({}), { name: 'sagemaker' });
    const { engine } = await testEngine(new FakePlatform(), sagemaker);
    const plan = planOf('sagemaker');
    const [step] = plan.steps;
    const places = step?.places.map((place) => ({ ...place, instanceType: 'ml.c5.large', instanceCount: 3 }));
    const run = await engine.run({ ...flow, plan: { ...plan, steps: [{ ...step, places }] } as RunPlan });
    await run.done;
    expect(sagemaker.tasks).toMatchObject([
      { instanceType: 'ml.c5.large', instanceCount: 3, autoInstanceCount: false },
    ]);
  });

  it('asks for another instance type where there is no room for the first, and says so', async () => {
    const answers = [full, full];
    const sagemaker = new FakePlatform(() => answers.shift() ?? {}, { name: 'sagemaker' });
    const { engine, state } = await testEngine(new FakePlatform(), sagemaker);
    const plan = planOf('sagemaker spot', 'sagemaker spot', 'sagemaker');
    const types = ['ml.m5.xlarge', 'ml.c5.xlarge', 'ml.m5.xlarge'];
    const places = plan.steps[0]?.places.map((place, index) => ({
      ...place,
      instanceType: types[index],
      ...(!place.spot && { instancePreferences: ['ml.c5.xlarge'] }),
    }));
    const run = await engine.run({
      ...flow,
      plan: { ...plan, steps: [{ ...plan.steps[0], places }] } as RunPlan,
    });
    expect((await run.done).phase).toBe('Succeeded');
    expect(sagemaker.tasks).toMatchObject([
      { instanceType: 'ml.m5.xlarge', instancePreferences: [], spot: true },
      { instanceType: 'ml.c5.xlarge', instancePreferences: [], spot: true },
      { instanceType: 'ml.m5.xlarge', instancePreferences: ['ml.c5.xlarge'], spot: false },
    ]);
    const [node] = await listNodes(state, run.id);
    expect(node?.detail?.moved).toEqual([
      'sagemaker ml.m5.xlarge spot: CapacityError: none',
      'sagemaker ml.c5.xlarge spot: CapacityError: none',
    ]);
  });

  it.each(['CapacityUnavailable', 'QuotaZero', 'InstanceTypeUnavailable'] as const)(
    'goes on where submit says that there is no room: %s',
    async (code) => {
      const sagemaker = new FakePlatform(() => ({}), { name: 'sagemaker' });
      sagemaker.onSubmit = () => {
        throw new SluiceError(code, 'The quota is 0.');
      };
      const { engine, platform } = await testEngine(new FakePlatform(), sagemaker);
      const run = await engine.run({ ...flow, plan: planOf('sagemaker', 'local') });
      expect((await run.done).phase).toBe('Succeeded');
      expect(platform.submitted).toEqual([`${run.id}/train/2`]);
    },
  );

  it('leaves a queue in which it has waited too long, and stops its job there', async () => {
    const sagemaker = new FakePlatform(() => ({}), { name: 'sagemaker' });
    sagemaker.isFull = true;
    const { engine, platform } = await testEngine(new FakePlatform(), sagemaker);
    const run = await engine.run({ ...flow, plan: planOf('sagemaker', 'local') });
    expect((await run.done).nodes).toMatchObject([{ phase: 'Succeeded', job: { platform: 'local' } }]);
    expect(sagemaker.cancelled).toHaveLength(1);
    expect(platform.submitted).toHaveLength(1);
  });

  it('fails with its own fault where it is, without trying another place', async () => {
    const wrong = {
      phase: 'failed',
      status: 'Failed',
      message: 'AlgorithmError: exit code 1',
      fault: 'user',
    } as const;
    const sagemaker = new FakePlatform(() => wrong, { name: 'sagemaker' });
    const { engine, platform } = await testEngine(new FakePlatform(), sagemaker);
    const run = await engine.run({ ...flow, plan: planOf('sagemaker', 'local') });
    expect((await run.done).error).toMatchObject({ message: 'AlgorithmError: exit code 1' });
    expect(platform.submitted).toEqual([]);
  });

  it('goes on from the place that it had come to, when its run is resumed', async () => {
    const answers = [full];
    const sagemaker = new FakePlatform(() => answers.shift() ?? {}, { name: 'sagemaker' });
    const local = new FakePlatform(() => new Promise(() => undefined));
    const { engine, state } = await testEngine(local, sagemaker);
    const run = await engine.run({ ...flow, plan: planOf('sagemaker', 'local') });
    for await (const event of run.events) {
      if (event.type === 'submitted' && event.job.platform === 'local') break;
    }
    await run.cancel();
    const resumed = await engine.resume(run.id, flow);
    for await (const event of resumed.events) if (event.type === 'submitted') break;
    await resumed.cancel();
    expect(sagemaker.submitted).toHaveLength(1);
    expect((await listNodes(state, run.id))[0]).toMatchObject({
      job: { platform: 'local' },
      detail: { place: 1 },
    });
  });

  it('is refused before anything starts where its platform cannot be run on', async () => {
    const { engine, platform } = await testEngine();
    await expect(engine.run({ ...flow, plan: planOf('batch', 'local') })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining("Step 'train' would run on 'batch'") as string,
    });
    expect(platform.submits).toBe(0);
  });

  it('runs here where nobody chooses', async () => {
    const { engine, platform } = await testEngine();
    const run = await engine.run(flow);
    expect((await run.done).phase).toBe('Succeeded');
    expect(platform.submitted).toHaveLength(1);
  });
});
