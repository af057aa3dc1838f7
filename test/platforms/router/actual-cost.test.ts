import { expect, it } from 'vitest';
import type { JobTask } from '../../../src/graph/index.ts';
import { trainingTask, workflow } from '../../../src/index.ts';
import { builtInPrices } from '../../../src/platforms/prices/index.ts';
import { actualCost, type RunJob } from '../../../src/platforms/router/actual-cost.ts';

const train = trainingTask('train', { image: 'x/y:1', instanceType: 'ml.m5.xlarge', instanceCount: 2 });
const task = workflow('flow', {}, () => void train({})).graph.tasks['train'] as JobTask;

it.each<[title: string, job: Omit<RunJob, 'task'>, usd: number | undefined, onDemandUsd: number | undefined]>(
  [
    ['here', { platform: 'local', spot: false, billableSeconds: 7200 }, 0, 0],
    ['on demand', { platform: 'sagemaker', spot: false, billableSeconds: 7200 }, 0.46, 0.46],
    // SageMaker bills fewer seconds, at the price on demand.
    [
      'on managed spot',
      { platform: 'sagemaker', spot: true, billableSeconds: 2160, ranSeconds: 3600 },
      0.138,
      0.46,
    ],
    [
      'on a cluster without prices',
      { platform: 'kubernetes', spot: false, billableSeconds: 7200 },
      undefined,
      undefined,
    ],
    [
      'where nobody knows',
      { platform: 'elsewhere', spot: false, billableSeconds: 7200 },
      undefined,
      undefined,
    ],
  ],
)('two machines for an hour %s', (_title, job, usd, onDemandUsd) => {
  const cost = actualCost({ task, ...job }, {}, builtInPrices);
  expect([cost.usd, cost.onDemandUsd].map(micro)).toEqual([usd, onDemandUsd].map(micro));
});

/** Whole millionths: sums of decimal fractions are not exact. */
function micro(value: number | undefined): number | undefined {
  return value && Math.round(value * 1e6);
}
