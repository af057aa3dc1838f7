import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import type { PlatformsSettings, RouterSettings } from '../../../src/core/platforms-settings.ts';
import { approveCost } from '../../../src/home/plan/index.ts';
import type { Place, RunPlan } from '../../../src/platforms/router/index.ts';

type Named = readonly [platform: Place['platform'], usd: number | null];

function planOf(...steps: readonly (readonly Named[])[]): RunPlan {
  return {
    policy: 'flowchart',
    total: { seconds: 1, usd: null },
    steps: steps.map((named, index) => {
      const places = named.map(
        ([platform, usd]): Place => ({ platform, usd, instanceType: 'x', spot: false, seconds: 1 }),
      );
      const chosen = { ...(places[0] as Place), reason: '' };
      return { step: `s${index}`, task: 't', chosen, considered: [], places };
    }),
  };
}

function approve(plan: RunPlan, platforms: PlatformsSettings, router: RouterSettings = {}, yes = false) {
  return approveCost(plan, { ...DEFAULT_CONFIGURATION, platforms, router }, { yes });
}

describe('a run', () => {
  const dear = planOf(
    [
      ['sagemaker', 2],
      ['batch', 9],
    ],
    [['sagemaker', 1]],
  );

  it('that costs money asks, with what it costs and where', () => {
    expect(approve(dear, { sagemaker: {} }).question).toBe(
      'The run would cost about $3.00 on sagemaker, at most $10.00 where it has to move.',
    );
  });

  it('of which some price is not known says of which step, and what would make it known', () => {
    const unknown = planOf([['batch', null]], [['batch', 2]]);
    const asked = approve(unknown, { batch: {} }, { maxCostInUSDPerRun: 5 });
    expect(asked.question).toBe(
      "The run would cost at least $2.00 on batch, and what 's0' would cost is not known.",
    );
    expect(asked.hint).toContain('sluice prices refresh');
    expect(asked.hint).toContain('--yes');
    expect(approve(unknown, { batch: {} }, {}, true).question).toBeUndefined();
    const above = (): unknown => approve(unknown, { batch: {} }, { maxCostInUSDPerRun: 1 }, true);
    expect(above).toThrow('The run would cost at least $2.00, more than router.maxCostInUSDPerRun, $1.00.');
  });

  it('that has further instance types counts the dearest, and leaves those out that a cap forbids', () => {
    const [step] = planOf([['sagemaker', 2]]).steps;
    const place = { ...(step?.places[0] as Place), instancePreferences: ['y'], mostUsd: 7 };
    const plan = { ...planOf(), steps: [{ ...step, places: [place] }] } as RunPlan;
    expect(approve(plan, { sagemaker: {} }).question).toContain('at most $7.00');
    const capped = approve(plan, { sagemaker: {} }, { maxCostInUSDPerRun: 5 });
    expect(capped.plan.steps[0]?.places).toEqual([step?.places[0]]);
  });

  it('does not ask where a cap answers, and then keeps to it', () => {
    const { question, plan } = approve(dear, { sagemaker: {} }, { maxCostInUSDPerRun: 5 });
    expect(question).toBeUndefined();
    expect(plan.steps[0]?.places.map(({ platform }) => platform)).toEqual(['sagemaker']);
    expect(
      approve(planOf([['batch', null]]), { batch: {} }, { maxCostInUSDPerRun: 5 }).question,
    ).toBeDefined();
  });

  it('keeps to the cap where several of its jobs have to move, too', () => {
    const steps: Named[] = [
      ['sagemaker', 1],
      ['batch', 3],
    ];
    const { plan } = approve(planOf(steps, steps), { sagemaker: {}, batch: {} }, { maxCostInUSDPerRun: 4.5 });
    const dearest = plan.steps.map(({ places }) => Math.max(...places.map(({ usd }) => usd ?? 0)));
    expect(dearest).toEqual([3, 1]);
  });

  it('keeps to the cap where somebody has agreed to a price that is not known', () => {
    const places: Named[] = [
      ['sagemaker', 1],
      ['batch', 100],
    ];
    const plan = planOf([['batch', null]], places);
    const settings = { sagemaker: {}, batch: {} };
    for (const yes of [true, false]) {
      const { plan: kept } = approve(plan, settings, { maxCostInUSDPerRun: 5 }, yes);
      expect(kept.steps.map((step) => step.places.map(({ usd }) => usd))).toEqual([[null], [1]]);
    }
    expect(approve(plan, settings, {}, true).plan).toEqual(plan);
  });

  it('does not ask where somebody has agreed, and is refused above a cap all the same', () => {
    expect(approve(dear, { sagemaker: {} }, {}, true).question).toBeUndefined();
    const above = (): unknown => approve(dear, { sagemaker: {} }, { maxCostInUSDPerRun: 2.5 }, true);
    expect(above).toThrow('The run would cost about $3.00, more than router.maxCostInUSDPerRun, $2.50.');
  });

  it.each<[title: string, plan: RunPlan, settings: PlatformsSettings]>([
    ['stays here', planOf([['local', 0]]), { sagemaker: {} }],
    [
      'runs on a server of ours',
      planOf([['sagemaker', 2]]),
      { sagemaker: { endpoint: 'http://127.0.0.1:4777' } },
    ],
    ['runs on a cluster whose nodes have no price', planOf([['kubernetes', null]]), { kubernetes: {} }],
  ])('that %s does not ask', (_title, plan, settings) => {
    expect(approve(plan, settings).question).toBeUndefined();
  });

  it('through an endpoint of AWS, or on nodes that have a price, asks', () => {
    const endpoint = 'https://vpce-1.sagemaker.us-east-1.vpce.amazonaws.com';
    expect(approve(planOf([['sagemaker', 2]]), { sagemaker: { endpoint } }).question).toBeDefined();
    const settings = { kubernetes: { pricePerHour: { cpu: 0.1 } } };
    expect(approve(planOf([['kubernetes', 0.1]]), settings).question).toBeDefined();
  });

  it('that costs nothing does not move to where it would, unless somebody has agreed', () => {
    const moving = planOf([
      ['kubernetes', null],
      ['sagemaker', 1],
    ]);
    const settings = { kubernetes: {}, sagemaker: {} };
    expect(approve(moving, settings)).toMatchObject({
      plan: { steps: [{ places: [{ platform: 'kubernetes' }] }] },
    });
    expect(approve(moving, settings, {}, true).plan.steps[0]?.places).toHaveLength(2);
  });
});
