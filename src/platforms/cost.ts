import type { JobTask } from '../graph/index.ts';
import { type PriceTable, sagemakerPrices } from './prices.ts';

/** What the cost of a job depends on. */
export interface BilledJob {
  readonly jobType: JobTask['type'];
  readonly instanceType: string;
  /** Whole seconds, times instances. */
  readonly billableSeconds: number;
}

/** What jobs would have cost on SageMaker, US dollars. */
export interface CostEstimate {
  readonly onDemand: number;
  /** With managed spot training. Only training jobs can use it: the others cost the same. */
  readonly withSpot: number;
  /** Instance types that the table has no price for; their jobs are not counted. */
  readonly unknownInstanceTypes: readonly string[];
}

/** Sums up what the jobs would have cost on SageMaker. Pure. */
export function estimateCost(jobs: readonly BilledJob[], prices: PriceTable = sagemakerPrices): CostEstimate {
  const known = jobs.filter(({ instanceType }) => Object.hasOwn(prices.perHour, instanceType));
  const sum = (share: (job: BilledJob) => number) =>
    known.reduce((total, job) => total + share(job) * onDemandCost(job, prices), 0);
  return {
    onDemand: sum(() => 1),
    withSpot: sum(({ jobType }) => (jobType === 'training' ? 1 - prices.spotSaving : 1)),
    unknownInstanceTypes: [
      ...new Set(jobs.filter((job) => !known.includes(job)).map((job) => job.instanceType)),
    ],
  };
}

function onDemandCost({ instanceType, billableSeconds }: BilledJob, { perHour }: PriceTable): number {
  return ((perHour[instanceType] ?? 0) * billableSeconds) / 3600;
}
