import type { JobTask } from '../../graph/index.ts';
import { SPOT_SAVING } from './built-in-prices.ts';
import { PRICE_REGION, type Price } from './price.ts';
import { builtInPrices, type PriceBook } from './price-book.ts';

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
  /** Instance types that no price is known for; their jobs are not counted. */
  readonly unknownInstanceTypes: readonly string[];
  readonly region: string;
  /** The day of the oldest price among them, ISO 8601. Absent where there is none. */
  readonly recorded?: string;
}

/** Sums up what the jobs would have cost on SageMaker. Pure. */
export function estimateCost(jobs: readonly BilledJob[], book: PriceBook = builtInPrices): CostEstimate {
  const priced = jobs.map((job) => ({
    job,
    price: book.find({ market: 'sagemaker', instanceType: job.instanceType }),
  }));
  const known = priced.filter((each): each is { job: BilledJob; price: Price } => each.price !== undefined);
  const sum = (share: (job: BilledJob) => number) =>
    known.reduce(
      (total, { job, price }) => total + (share(job) * price.usdPerHour * job.billableSeconds) / 3600,
      0,
    );
  const unknown = priced.filter(({ price }) => price === undefined);
  const recorded = known.map(({ price }) => price.recorded).sort()[0];
  return {
    onDemand: sum(() => 1),
    withSpot: sum(({ jobType }) => (jobType === 'training' ? 1 - SPOT_SAVING : 1)),
    unknownInstanceTypes: [...new Set(unknown.map(({ job }) => job.instanceType))],
    region: PRICE_REGION,
    ...(recorded !== undefined && { recorded }),
  };
}
