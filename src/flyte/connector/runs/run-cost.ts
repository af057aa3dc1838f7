import type { Json, Task } from '../../../graph/index.ts';
import { type BilledJob, estimateCost } from '../../../platforms/prices/index.ts';
import type { NodeView } from './run-state.ts';

/** What a job's cost follows from. */
export function billedOf(
  task: Task | undefined,
  billableSeconds: number | undefined,
): { readonly billed?: BilledJob } {
  if (!task || task.type === 'function' || billableSeconds === undefined) return {};
  return { billed: { jobType: task.type, instanceType: task.instanceType, billableSeconds } };
}

/** What a run's jobs have cost, or would have on SageMaker, at list prices. */
export function costOf(nodes: readonly NodeView[]): { readonly [key: string]: Json } {
  const jobs = nodes.flatMap(({ billed }) => billed ?? []);
  if (jobs.length === 0) return {};
  const { onDemand, unknownInstanceTypes } = estimateCost(jobs);
  if (unknownInstanceTypes.length > 0) return {};
  return { costUsd: Math.round(onDemand * 1e6) / 1e6, costIsEstimate: true };
}
