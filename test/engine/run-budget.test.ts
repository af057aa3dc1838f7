import { describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/index.ts';
import type { WorkflowGraph } from '../../src/graph/index.ts';
import { trainingTask, workflow } from '../../src/index.ts';
import type { TaskInvocation } from '../../src/platforms/index.ts';
import type { Place, RunPlan } from '../../src/platforms/router/index.ts';
import { FakePlatform } from './fake-platform.ts';
import { testEngine } from './home.ts';

const OPTIONS = { image: 'x/y:1', instanceType: 'ml.m5.xlarge', platform: 'sagemaker' } as const;
const one = trainingTask('one', { ...OPTIONS, retries: 2 });
const two = trainingTask('two', OPTIONS);
const flow = workflow('flow', {}, () => {
  const first = one({});
  two({}, { after: [first] });
}).graph;

/** Each step is expected to take 60 s, and to cost $0.10. */
function planOf({ nodes }: WorkflowGraph): RunPlan {
  const place: Place = {
    platform: 'sagemaker',
    instanceType: 'ml.m5.xlarge',
    spot: false,
    seconds: 60,
    usd: 0.1,
  };
  const chosen = { ...place, reason: 'the test says so' };
  const steps = nodes.map(({ id, task }) => ({
    step: id,
    task,
    chosen,
    considered: [{ ...chosen, fits: true }],
    places: [place],
  }));
  return { policy: 'flowchart', steps, total: { seconds: 60, usd: 0.1 * nodes.length } };
}

/** A dollar an hour: 60 s are 1.7 cents. */
async function engineWith(
  caps: { usdPerRun?: number; usdPerJob?: number },
  platform: FakePlatform,
): Promise<Engine> {
  const { state } = await testEngine(platform);
  const prices = async () => () => 1;
  return createEngine({ state, platforms: { sagemaker: platform }, caps: { ...caps, prices } });
}

function sagemaker(...answers: object[]): { platform: FakePlatform; limits: (number | undefined)[] } {
  const limits: (number | undefined)[] = [];
  const job = ({ mostSeconds }: TaskInvocation) => {
    limits.push(mostSeconds);
    return answers.shift() ?? { billableSeconds: 60 };
  };
  return { platform: new FakePlatform(job, { name: 'sagemaker' }), limits };
}

const failed = { phase: 'failed', status: 'Failed', message: 'no' } as const;

describe('a run with a cap', () => {
  it('lets each job run for its share of what is left, and gives on what was not spent', async () => {
    const { platform, limits } = sagemaker();
    const engine = await engineWith({ usdPerRun: 0.4 }, platform);
    expect((await (await engine.run({ graph: flow, plan: planOf(flow) })).done).phase).toBe('Succeeded');
    // 0.1 and half of what is left over, 0.1; then all but the minute that the first has run.
    expect(limits).toEqual([720, 1380]);
  });

  it('begins no attempt that it would not pay for: what was spent counts, and what is to come', async () => {
    const { platform, limits } = sagemaker({ ...failed, billableSeconds: 360 });
    const engine = await engineWith({ usdPerRun: 0.25 }, platform);
    const { phase, error, nodes } = await (await engine.run({ graph: flow, plan: planOf(flow) })).done;
    expect([phase, limits.length]).toEqual(['Failed', 1]);
    expect(error).toMatchObject({
      code: 'CostNotApproved',
      message: expect.stringContaining(
        "Step 'one' was not started again: the run would cost more than it may (router.maxCostInUSDPerRun, $0.25): $0.10 is spent, this would cost about $0.10, what comes after it about $0.10.",
      ),
    });
    expect(nodes.map(({ phase }) => phase)).toEqual(['Failed', 'NotYetStarted']);
  });

  it('goes on once the cap is raised, and counts what was spent before', async () => {
    const { platform, limits } = sagemaker({ ...failed, billableSeconds: 360 });
    const { state } = await testEngine(platform);
    const make = (usdPerRun: number): Engine =>
      createEngine({
        state,
        platforms: { sagemaker: platform },
        caps: { usdPerRun, prices: async () => () => 1 },
      });
    const run = await make(0.25).run({ graph: flow, plan: planOf(flow) });
    await run.done;
    expect((await (await make(0.5).resume(run.id)).done).phase).toBe('Succeeded');
    expect(limits.slice(1)).toEqual([720, 1380]);
  });

  it('counts all attempts of a job against the cap of a job', async () => {
    const { platform, limits } = sagemaker(
      { ...failed, billableSeconds: 36 },
      { ...failed, billableSeconds: 36 },
    );
    const engine = await engineWith({ usdPerJob: 0.11 }, platform);
    const { error } = await (await engine.run({ graph: flow, plan: planOf(flow) })).done;
    expect(limits).toEqual([396, 360]);
    expect(error?.message).toContain('(router.maxCostInUSDPerJob, $0.11): $0.020 is spent');
  });

  it.each<[title: string, caps: object, price: number | undefined]>([
    ['without a cap', {}, 1],
    ['where nothing is billed', { usdPerRun: 0.01 }, 0],
    ['where no price is known', { usdPerRun: 0.01 }, undefined],
  ])('limits nothing %s', async (_title, caps, price) => {
    const { platform, limits } = sagemaker();
    const { state } = await testEngine(platform);
    const platforms = { sagemaker: platform };
    const engine = createEngine({ state, platforms, caps: { ...caps, prices: async () => () => price } });
    await (await engine.run({ graph: flow, plan: planOf(flow) })).done;
    expect(limits).toEqual([undefined, undefined]);
  });
});
