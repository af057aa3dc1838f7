import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatRunSummary } from '../../../src/cli/display/run-summary.ts';
import type { RunReport } from '../../../src/home/runs/index.ts';
import { estimateCost } from '../../../src/platforms/prices/index.ts';

function summaryOf(instanceType: string): string {
  const billed = { jobType: 'training', instanceType, billableSeconds: 3600 } as const;
  const report: RunReport = {
    id: 'w-1',
    workflow: 'w',
    phase: 'Succeeded',
    inputs: {},
    outputs: {},
    createdAt: new Date(0),
    cost: estimateCost([billed]),
    nodes: [
      {
        id: 'train',
        task: 'train',
        type: 'training',
        phase: 'Succeeded',
        dependsOn: [],
        attempt: 1,
        billableSeconds: 3600,
      },
    ],
  };
  return stripVTControlCharacters(formatRunSummary(report, '/home/objects'));
}

it('tells what a run would have cost, and where no price is known that it is not known, never nothing', () => {
  expect(summaryOf('ml.m5.large')).toMatch(/3600 billable seconds would have cost\n {2}\$0\.\d+ on demand\n/);
  expect(summaryOf('ml.p5e.48xlarge')).toContain(
    'What 3600 billable seconds would have cost on SageMaker is not known: no price is known of ml.p5e.48xlarge',
  );
  expect(summaryOf('ml.p5e.48xlarge')).not.toContain('$0');
});
