import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlatformsSettings } from '../../../src/core/platforms-settings.ts';
import { builtInPrices } from '../../../src/platforms/prices/index.ts';
import { CAPABILITIES, incapacity } from '../../../src/platforms/router/capabilities.ts';
import { choosePlatform } from '../../../src/platforms/router/choose.ts';
import { estimateOn } from '../../../src/platforms/router/costs.ts';
import { PLATFORM_NAMES } from '../../../src/platforms/router/platform-names.ts';
import { compileRules } from '../../../src/platforms/router/rules.ts';
import { someFacts, someOptions } from './facts.ts';

const settings: PlatformsSettings = { kubernetes: { pricePerHour: { cpu: 0.21, gpu: 3 } } };
const rules = compileRules([{ name: 'all', platforms: [...PLATFORM_NAMES] }]);

const facts = fc.record({
  jobType: fc.constantFrom('training', 'processing', 'batch_transform'),
  framework: fc.constantFrom('spark', 'pytorch'),
  instanceType: fc.constantFrom(
    'ml.m5.xlarge',
    'ml.c5.xlarge',
    'ml.g5.xlarge',
    'ml.p3.2xlarge',
    'ml.r5.large',
  ),
  instanceCount: fc.integer({ min: 1, max: 3 }),
  durationSeconds: fc.integer({ min: 1, max: 200_000 }),
  dataSizeBytes: fc.integer({ min: 0, max: 1e12 }),
  dataPlace: fc.constantFrom('local' as const, 's3' as const),
  gpuCount: fc.constantFrom(0, 1, 4),
  spot: fc.boolean(),
});

it('the cheapest is chosen that a search through every platform and kind of machine finds', () => {
  fc.assert(
    fc.property(facts, fc.integer({ min: 0, max: 200_000 }), fc.boolean(), (some, deadline, isLate) => {
      const task = someFacts({ ...some, ...(isLate && { deadlineSeconds: deadline }) });
      const options = someOptions({ rules, settings, router: { policy: isLate ? 'deadline' : 'cost' } });
      const all = PLATFORM_NAMES.flatMap((platform) => {
        if (incapacity(platform, task) || (platform === 'local' && task.gpuCount > 0)) return [];
        const canSpot = some.spot && CAPABILITIES[platform].spot.includes(task.jobType);
        return (canSpot ? [true, false] : [false]).flatMap((spot) => {
          const estimate = estimateOn(platform, task, { settings, prices: builtInPrices, spot });
          if (typeof estimate === 'string' || (isLate && estimate.seconds > deadline)) return [];
          return [estimate.usd ?? Number.POSITIVE_INFINITY];
        });
      });
      fc.pre(all.length > 0);
      expect(choosePlatform(task, options).chosen.usd ?? Number.POSITIVE_INFINITY).toBe(Math.min(...all));
    }),
    { numRuns: 500 },
  );
});
