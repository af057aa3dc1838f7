import { describe, expect, it } from 'vitest';
import { PriceBook } from '../../../src/platforms/prices/index.ts';
import { choosePlatform, fixedChoice } from '../../../src/platforms/router/choose.ts';
import type { ChooseOptions } from '../../../src/platforms/router/choose-options.ts';
import type { TaskFacts } from '../../../src/platforms/router/facts.ts';
import { compileRules } from '../../../src/platforms/router/rules.ts';
import { someFacts, someOptions } from './facts.ts';

const DAY = 86_400;
const GB = 1e9;

function platformOf(facts: Partial<TaskFacts>, options: Partial<ChooseOptions> = {}): string {
  return choosePlatform(someFacts(facts), someOptions(options)).chosen.platform;
}

describe('the flowchart of the guide', () => {
  it.each<[title: string, facts: Partial<TaskFacts>, platform: string]>([
    ['training under 1 h', { durationSeconds: 3599 }, 'kubernetes'],
    ['training of 1 h', { durationSeconds: 3600 }, 'sagemaker'],
    ['training of 24 h', { durationSeconds: DAY }, 'sagemaker'],
    ['training over 24 h with a GPU', { durationSeconds: DAY + 1, gpuCount: 1 }, 'coreweave'],
    ['training over 24 h without', { durationSeconds: DAY + 1 }, 'batch'],
    ['inference under 1 GB', { jobType: 'batch_transform', dataSizeBytes: GB - 1 }, 'kubernetes'],
    ['inference of 1 GB', { jobType: 'batch_transform', dataSizeBytes: GB }, 'sagemaker'],
    ['inference of unknown size', { jobType: 'batch_transform' }, 'sagemaker'],
    ['processing with Spark', { jobType: 'processing', framework: 'spark' }, 'emr'],
    ['processing with scikit-learn', { jobType: 'processing', framework: 'scikit-learn' }, 'sagemaker'],
    ['processing in a light image', { jobType: 'processing', imageSizeBytes: 2 * GB - 1 }, 'kubernetes'],
    ['processing in a heavy image', { jobType: 'processing', imageSizeBytes: 2 * GB }, 'sagemaker'],
    ['an endpoint under 100 ms', { jobType: 'endpoint', maxLatencyMs: 99 }, 'sagemaker'],
    ['an endpoint from 100 ms', { jobType: 'endpoint', maxLatencyMs: 100 }, 'kubernetes'],
    ['an endpoint that scales', { jobType: 'endpoint', endpointNeeds: ['auto-scaling'] }, 'sagemaker'],
  ])('sends %s to its place', (_title, facts, platform) => {
    expect(platformOf(facts)).toBe(platform);
  });

  it('says which rule and which facts decided, and what is assumed', () => {
    const { chosen } = choosePlatform(someFacts({ durationFrom: 'default' }), someOptions());
    expect(chosen.reason).toBe(
      "rule 'training of 1 to 24 h'; duration 1 h (assumed: nothing is known of it)",
    );
    const unknown = choosePlatform(someFacts({ jobType: 'processing' }), someOptions());
    expect(unknown.chosen.reason).toContain('image size unknown');
  });

  it('goes on to the next where the first is not enabled, and says so', () => {
    const { chosen, considered } = choosePlatform(
      someFacts({ durationSeconds: 60 }),
      someOptions({ enabled: ['local', 'sagemaker'] }),
    );
    expect(chosen.platform).toBe('local');
    expect(chosen.reason).toContain('kubernetes, which it prefers, is not enabled');
    expect(considered.map(({ platform, fits }) => [platform, fits])).toEqual([
      ['local', true],
      ['sagemaker', true],
    ]);
  });
});

describe('what fits', () => {
  it('is tried in the order of the rule: spot first, then on demand', () => {
    const { places } = choosePlatform(someFacts({ spot: true }), someOptions());
    expect(places.map(({ platform, spot }) => `${platform}${spot ? ' spot' : ''}`)).toEqual([
      'sagemaker spot',
      'sagemaker',
      'kubernetes',
      'batch spot',
      'batch',
      'coreweave spot',
      'coreweave',
      'local',
    ]);
  });

  it('leaves out what is too slow for the deadline, with start-up', () => {
    const facts = { durationSeconds: 3600, deadlineSeconds: 3640 };
    const { places, considered } = choosePlatform(someFacts(facts), someOptions());
    expect(places.map(({ platform }) => platform)).toEqual(['kubernetes', 'local']);
    expect(considered.find(({ platform }) => platform === 'sagemaker')).toMatchObject({
      fits: false,
      seconds: 3780,
      reason: 'it takes 1.1 h with start-up and data, longer than deadlineInSeconds 3640',
    });
  });

  it('leaves out what is too dear, and what has no price, under a cap', () => {
    const router = { maxCostInUSDPerJob: 0.2 };
    const { places, considered } = choosePlatform(someFacts(), someOptions({ router }));
    expect(places.map(({ platform }) => platform)).toEqual(['batch', 'local']);
    const reasons = Object.fromEntries(considered.map(({ platform, reason }) => [platform, reason]));
    expect(reasons['sagemaker']).toBe('it costs $0.23, more than $0.20 (router.maxCostInUSDPerJob)');
    expect(reasons['kubernetes']).toContain('its price is not known');
  });

  it('is this machine where it is large enough, or nothing else fits', () => {
    const machine = { vcpus: 2, memoryGiB: 8, gpus: 0 };
    expect(platformOf({ durationSeconds: 60 }, { machine, enabled: ['local', 'sagemaker'] })).toBe(
      'sagemaker',
    );
    const alone = choosePlatform(someFacts(), someOptions({ machine, enabled: ['local', 'emr'] }));
    expect(alone.chosen).toMatchObject({ platform: 'local', usd: 0 });
    expect(alone.chosen.reason).toContain('this machine has 2 CPUs and 8 GiB, ml.m5.xlarge has 4 and 16');
  });

  it.each<
    [title: string, facts: Partial<TaskFacts>, options: Partial<ChooseOptions>, message: string, hint: string]
  >([
    [
      'a deadline that nothing meets',
      { deadlineSeconds: 600 },
      {},
      'sagemaker: it takes 1.1 h with start-up and data, longer than deadlineInSeconds 600',
      'Give it more time (deadlineInSeconds: 3601 would do for local), or enable a platform that is faster.',
    ],
    [
      'a deadline where nothing is known of the duration',
      { deadlineSeconds: 600, durationFrom: 'default' },
      { enabled: ['local'] },
      'local: it takes 1 h with start-up and data, as far as is known, longer than',
      'say how long it takes (expectedDurationInSeconds)',
    ],
    [
      'a cap that nothing keeps',
      { maxCostInUSD: 0.01, gpuCount: 1, gpuCountFrom: 'given' },
      {},
      'sagemaker: it costs $0.23, more than $0.010 (maxCostInUSD)',
      'Raise the cap (maxCostInUSD: 0.2 would do for batch), or choose a smaller instance type.',
    ],
    [
      'a cap and a price that nobody knows',
      { maxCostInUSD: 1, instanceType: 'ml.m6i.large' },
      { enabled: ['sagemaker'] },
      'sagemaker: its price is not known, and it may cost $1.00 at most (maxCostInUSD)',
      'sluice prices refresh, or pricePerHour of the platform, sets it.',
    ],
    [
      'GPUs that no node has',
      { gpuCount: 9, gpuCountFrom: 'given' },
      { enabled: ['local', 'coreweave'] },
      'coreweave: no node has 9 GPUs',
      'Enable sagemaker or kubernetes or batch under',
    ],
    [
      'rules that name nothing that can',
      { jobType: 'batch_transform' },
      { rules: compileRules([{ name: 'all', platforms: ['emr'] }]) },
      'emr: it cannot run batch_transform jobs; it can run processing',
      'Enable another platform',
    ],
    [
      'rules that name what is not enabled',
      {},
      { rules: compileRules([{ name: 'all', platforms: ['batch'] }]), enabled: ['local', 'sagemaker'] },
      "sagemaker: rule 'all' does not name it\n  batch: it is not enabled (platforms.batch)",
      'Enable batch under `platforms:`',
    ],
    [
      'no rule that holds',
      {},
      { rules: compileRules([{ name: 'p', when: "job_type == 'processing'", platforms: ['emr'] }]) },
      "no rule of router.rules holds for it (job type training):\n  rule 'p': not job_type == 'processing'",
      'Add a rule without `when`',
    ],
  ])('is told to be nothing for %s, with what would change it', (_title, facts, options, message, hint) => {
    const choose = (): unknown => choosePlatform(someFacts(facts), someOptions(options));
    expect(choose).toThrow(message);
    expect(choose).toThrow(
      expect.objectContaining({ code: 'NoPlatformFits', hint: expect.stringContaining(hint) }),
    );
  });
});

describe('what it costs', () => {
  it('counts billing units, whole nodes, start-up where that is billed, and data that leaves AWS', () => {
    const facts = someFacts({
      instanceType: 'ml.p5.48xlarge',
      gpuCount: 2,
      durationSeconds: 3600,
      dataSizeBytes: 100 * GB,
      dataPlace: 's3',
    });
    const { considered } = choosePlatform(facts, someOptions());
    const on = Object.fromEntries(considered.map((each) => [each.platform, each]));
    // 100 GB at 100 MB/s within AWS.
    expect(on['sagemaker']?.seconds).toBe(180 + 1000 + 3600);
    expect(on['sagemaker']?.usd).toBeCloseTo((113.068 * 4600) / 3600, 4);
    // A whole node of 8 GPUs, from its start on, by the minute; 100 GB over the internet at 25 MB/s and $0.09.
    expect(on['coreweave']).toMatchObject({ instanceType: '8×H100', seconds: 60 + 4000 + 3600 });
    expect(on['coreweave']?.usd).toBeCloseTo((49.24 * 7680) / 3600 + 9, 4);
    expect(on['local']?.usd).toBeCloseTo(9, 4);
  });

  it('is unknown where no price is, never 0, and comes last by cost', () => {
    const { chosen, considered } = choosePlatform(
      someFacts({ instanceType: 'ml.m6i.large' }),
      someOptions({ router: { policy: 'cost' }, enabled: ['sagemaker', 'kubernetes'] }),
    );
    expect(considered.map(({ usd }) => usd)).toEqual([null, null]);
    expect(chosen).toMatchObject({ platform: 'sagemaker', usd: null });
    const settings = { kubernetes: { pricePerHour: { cpu: 0.3 } } };
    const router = { policy: 'cost' } as const;
    const enabled = ['sagemaker', 'kubernetes'] as const;
    expect(platformOf({ instanceType: 'ml.m6i.large' }, { router, enabled, settings })).toBe('kubernetes');
  });

  it('is by the region’s own prices where they were fetched, and a type that is not among them is not there', () => {
    const price = {
      market: 'sagemaker',
      usdPerHour: 0.3,
      region: 'eu-central-1',
      source: 'AWS Pricing API, sagemaker',
      recorded: '2026-11-28',
    } as const;
    const prices = new PriceBook([{ ...price, instanceType: 'ml.m5.xlarge' }]);
    const settings = { sagemaker: { region: 'eu-central-1' } };
    const options = someOptions({ prices, settings, enabled: ['local', 'sagemaker'] });
    expect(choosePlatform(someFacts(), options).chosen).toMatchObject({ usd: 0.3, priced: '2026-11-28' });
    const elsewhere = choosePlatform(someFacts({ instanceType: 'ml.m5.large' }), options);
    expect(elsewhere.considered[1]?.reason).toContain('is not among the instance types of eu-central-1');
  });

  it.each([
    ['sagemaker', {}, false],
    ['sagemaker', { spot: true }, true],
    ['batch', {}, false],
    ['emr', { jobType: 'processing', framework: 'spark' }, false],
  ] as const)('of another region stands in on %s, and is told: %j', (platform, facts, spot) => {
    const placeIn = (region: string) => {
      const settings = { [platform]: { region } };
      const options = someOptions({ settings, enabled: ['local', platform] });
      return choosePlatform(someFacts(facts), options).considered.find((each) => each.platform === platform);
    };
    expect(placeIn('eu-west-1')).toMatchObject({ pricedIn: 'us-east-1', spot });
    expect(placeIn('us-east-1')).not.toHaveProperty('pricedIn');
  });

  it('on EMR Serverless is that of its CPUs and memory; on a cluster it is unknown', () => {
    const facts = { jobType: 'processing', framework: 'spark' };
    const { chosen } = choosePlatform(someFacts(facts), someOptions());
    expect(chosen.usd).toBeCloseTo(4 * 0.052624 + 16 * 0.0057785, 4);
    const settings = { emr: { clusterId: 'j-1' } };
    expect(choosePlatform(someFacts(facts), someOptions({ settings })).chosen.usd).toBeNull();
  });

  it('by policy: the cheapest that fits, or that meets the deadline', () => {
    const enabled = ['sagemaker', 'batch', 'coreweave'] as const;
    expect(platformOf({}, { enabled, router: { policy: 'cost' } })).toBe('batch');
    expect(
      platformOf(
        { deadlineSeconds: 3700 },
        { enabled: ['kubernetes', ...enabled], router: { policy: 'deadline' } },
      ),
    ).toBe('kubernetes');
  });

  it('on spot is 70 % less on SageMaker, and at most the price on demand where none is known', () => {
    const { places } = choosePlatform(someFacts({ spot: true }), someOptions());
    expect(places[0]).toMatchObject({ platform: 'sagemaker', spot: true, usd: 0.069 });
    expect(places[3]).toMatchObject({ platform: 'batch', spot: true, usd: places[4]?.usd });
  });
});

describe('a task of several instance types', () => {
  const others = { instancePreferences: ['ml.m5.2xlarge', 'ml.c5.2xlarge'], spot: true };
  const shown = (facts: Partial<TaskFacts>, options: Partial<ChooseOptions> = {}): string[] =>
    choosePlatform(someFacts(facts), someOptions({ enabled: ['sagemaker'], ...options })).places.map(
      ({ instanceType, instancePreferences = [], spot }) =>
        `${[instanceType, ...instancePreferences].join('|')}${spot ? ' spot' : ''}`,
    );

  it.each<[title: string, facts: Partial<TaskFacts>, options: Partial<ChooseOptions>, places: string[]]>([
    [
      'on spot one after the other, then all in one request on demand',
      others,
      {},
      [
        'ml.m5.xlarge spot',
        'ml.m5.2xlarge spot',
        'ml.c5.2xlarge spot',
        'ml.m5.xlarge|ml.m5.2xlarge|ml.c5.2xlarge',
      ],
    ],
    [
      'one after the other where the request takes one',
      { ...others, jobType: 'batch_transform' },
      {},
      ['ml.m5.xlarge', 'ml.m5.2xlarge', 'ml.c5.2xlarge'],
    ],
    [
      'without those that are too dear',
      { ...others, spot: false, maxCostInUSD: 0.44 },
      {},
      ['ml.m5.xlarge|ml.c5.2xlarge'],
    ],
    [
      'without those that the configuration does not allow',
      { ...others, spot: false },
      { settings: { sagemaker: { training: { instanceTypes: ['ml.c5.2xlarge'] } } } },
      ['ml.c5.2xlarge'],
    ],
    [
      'on spot where the configuration says so',
      { instancePreferences: [] },
      { settings: { sagemaker: { enableSpotInstances: true } } },
      ['ml.m5.xlarge spot', 'ml.m5.xlarge'],
    ],
  ])('is tried %s', (_title, facts, options, places) => {
    expect(shown(facts, options)).toEqual(places);
  });

  it('says what the dearest of them costs, and keeps them where the platform is named', () => {
    const { places } = fixedChoice('sagemaker', someFacts(others), someOptions());
    expect(places).toHaveLength(4);
    expect(places[3]).toMatchObject({ usd: 0.23, mostUsd: 0.46 });
  });
});
