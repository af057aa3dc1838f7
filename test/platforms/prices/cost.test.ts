import { expect, test } from 'vitest';
import { estimateCost } from '../../../src/platforms/prices/cost.ts';

test('an hour of each instance type costs what the table says, and spot saves on training alone', () => {
  const estimate = estimateCost([
    { jobType: 'training', instanceType: 'ml.m5.xlarge', billableSeconds: 3600 },
    { jobType: 'processing', instanceType: 'ml.m5.2xlarge', billableSeconds: 3600 },
    { jobType: 'batch_transform', instanceType: 'ml.m5.large', billableSeconds: 7200 },
  ]);
  expect(estimate.onDemand).toBeCloseTo(0.23 + 0.46 + 0.23, 10);
  expect(estimate.withSpot).toBeCloseTo(0.069 + 0.46 + 0.23, 10);
  expect(estimate.unknownInstanceTypes).toEqual([]);
  expect(estimate.recorded).toBe('2026-11-20');
});

test('an instance type that the table lacks is named once and not counted', () => {
  const gpu = { jobType: 'training', instanceType: 'ml.p3.16xlarge', billableSeconds: 60 } as const;
  expect(estimateCost([gpu, gpu])).toEqual({
    onDemand: 0,
    withSpot: 0,
    unknownInstanceTypes: ['ml.p3.16xlarge'],
    region: 'us-east-1',
  });
});
