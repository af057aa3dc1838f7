import { findInstanceType } from '../../contract/instance-types.ts';
import { CAPABILITIES } from './capabilities.ts';
import { type Estimate, type EstimateOptions, estimateOn } from './costs.ts';
import type { TaskFacts } from './facts.ts';
import type { Place } from './place.ts';
import type { PlatformName } from './platform-names.ts';

/** One way to run a task on a platform. */
export interface MachineOption {
  readonly place: Place;
  /** Where the job takes as long as the slowest of ten. */
  readonly slowSeconds: number;
}

type Options = Omit<EstimateOptions, 'spot'>;

/**
 * The machines that a task may get on a platform, in the order in which they are tried: spot machines first, one type after
 * the other, then those on demand. Where the platform takes a list of types it gets them in one request.
 *
 * @param accepts - Whether one of further types may be asked for
 * @returns a text where there is none: what is wrong with the first. Pure.
 */
export function machineOptions(
  platform: PlatformName,
  facts: TaskFacts,
  options: Options,
  accepts: (estimate: Estimate) => boolean,
): readonly MachineOption[] | string {
  const types = typesOn(platform, facts);
  const estimatesOf = (spot: boolean): (Estimate | string)[] =>
    types.map((each) => estimateOn(platform, each, { ...options, spot }));
  const onDemand = estimatesOf(false);
  const spot = mayBeInterrupted(platform, facts, options) ? estimatesOf(true) : [];
  const all = [...spot, ...onDemand];
  const found = [...spot.filter(isThere), ...listed(platform, facts, onDemand.filter(isThere), accepts)];
  if (found.length === 0) return all.find((each) => typeof each === 'string') ?? 'it has no machines for it';
  return found.map((estimate) => ({
    place: placeOf(platform, facts, estimate),
    slowSeconds: estimate.slowSeconds,
  }));
}

interface Listed extends Estimate {
  readonly others?: readonly Estimate[];
}

function isThere(estimate: Estimate | string): estimate is Estimate {
  return typeof estimate !== 'string';
}

/** Machines that can be taken away only where the author, or for SageMaker the configuration, allows it. */
function mayBeInterrupted(
  platform: PlatformName,
  { spot, jobType }: TaskFacts,
  { settings }: Options,
): boolean {
  const byDefault = platform === 'sagemaker' && settings.sagemaker?.enableSpotInstances === true;
  return (spot ?? byDefault) && CAPABILITIES[platform].spot.includes(jobType);
}

/** The task with each type that it may have there, its own first. Elsewhere than on SageMaker there is one. */
function typesOn(platform: PlatformName, facts: TaskFacts): readonly TaskFacts[] {
  if (platform !== 'sagemaker') return [facts];
  const others = (facts.instancePreferences ?? []).map((instanceType) => ({
    ...facts,
    instanceType,
    ...(facts.gpuCountFrom === 'instance' && { gpuCount: findInstanceType(instanceType)?.gpus ?? 0 }),
  }));
  return [facts, ...others];
}

/** SageMaker looks itself for room among the types of a training or processing job on demand. */
function listed(
  platform: PlatformName,
  { jobType }: TaskFacts,
  estimates: readonly Estimate[],
  accepts: (estimate: Estimate) => boolean,
): readonly Listed[] {
  const [first, ...others] = estimates;
  const takesList = platform === 'sagemaker' && (jobType === 'training' || jobType === 'processing');
  if (!first || others.length === 0 || !takesList) return estimates;
  const accepted = accepts(first) ? others.filter(accepts) : [];
  // A dear one that comes first does not keep the others from being asked for.
  if (accepted.length === 0) return estimates;
  return [{ ...first, others: accepted }];
}

function placeOf(platform: PlatformName, facts: TaskFacts, estimate: Listed): Place {
  const { machines, spot, seconds, usd, priced, pricedIn, others = [] } = estimate;
  const all = [estimate, ...others].map((each) => each.usd);
  return {
    platform,
    instanceType: machines.instanceType,
    ...(others.length > 0 && {
      instancePreferences: others.map((each) => each.machines.instanceType),
      mostUsd: all.some((each) => each === undefined) ? null : Math.max(...(all as number[])),
    }),
    ...(machines.count !== facts.instanceCount && { instanceCount: machines.count }),
    spot,
    seconds,
    usd: usd ?? null,
    ...(priced !== undefined && { priced }),
    ...(pricedIn !== undefined && { pricedIn }),
  };
}
