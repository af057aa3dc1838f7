import { findInstanceType } from '../../contract/instance-types.ts';
import { incapacity } from './capabilities.ts';
import type { ChooseOptions, OwnMachine } from './choose-options.ts';
import { estimateOn } from './costs.ts';
import type { TaskFacts } from './facts.ts';
import { machinesOn } from './instances.ts';
import { type BrokenLimit, tooDear, tooSlow } from './limits.ts';
import { machineOptions } from './machine-options.ts';
import { notReady } from './not-ready.ts';
import type { Place } from './place.ts';
import type { PlatformName } from './platform-names.ts';

/** A platform with the places that it has for a task. */
export interface Candidate {
  readonly platform: PlatformName;
  /** Spot first, then on demand. Empty: it cannot run the task. */
  readonly places: readonly Place[];
  /** What it looks like, where it does not fit. */
  readonly shown: Place;
  /** Why it does not fit. */
  readonly problem?: string;
  /** The limit that keeps it from fitting, where it is one. */
  readonly broken?: BrokenLimit;
  /** It is small for the task: it fits where nothing else does. */
  readonly small?: string;
}

/** What a platform has for a task, and what speaks against it. Pure. */
export function candidateOn(platform: PlatformName, facts: TaskFacts, options: ChooseOptions): Candidate {
  const lacks = incapacity(platform, facts) ?? notReady(platform, facts, options.settings);
  if (lacks !== undefined) return unfit(platform, facts, options, lacks);
  const found = machineOptions(
    platform,
    facts,
    options,
    ({ usd, slowSeconds }) => !tooSlow(slowSeconds, facts) && !tooDear(usd, facts, options.router),
  );
  if (typeof found === 'string') return unfit(platform, facts, options, found);
  const judged = found.map(({ place, slowSeconds }) => ({
    place,
    broken: tooSlow(slowSeconds, facts) ?? tooDear(place.usd, facts, options.router),
  }));
  const small = platform === 'local' ? smallness(facts, options.machine) : undefined;
  if (small?.isCertain) return unfit(platform, facts, options, small.text);
  const places = judged.filter(({ broken }) => broken === undefined).map(({ place }) => place);
  const broken = places.length === 0 ? judged[0]?.broken : undefined;
  return {
    platform,
    places,
    shown: places[0] ?? (judged[0] as (typeof judged)[number]).place,
    ...(broken && { problem: broken.text, broken }),
    ...(small && { small: small.text }),
  };
}

/** A platform that is out of the question, with what it would look like. Pure. */
export function unfit(
  platform: PlatformName,
  facts: TaskFacts,
  options: ChooseOptions,
  problem: string,
): Candidate {
  const machines = machinesOn(platform, facts, options.settings);
  const estimate = estimateOn(platform, facts, { ...options, spot: false });
  const known = typeof estimate === 'string' ? undefined : estimate;
  const shown: Place = {
    platform,
    instanceType: typeof machines === 'string' ? facts.instanceType : machines.instanceType,
    spot: false,
    seconds: known?.seconds ?? facts.durationSeconds,
    usd: known?.usd ?? null,
    ...(known?.priced !== undefined && { priced: known.priced }),
    ...(known?.pricedIn !== undefined && { pricedIn: known.pricedIn }),
  };
  return { platform, places: [], shown, problem };
}

/** What this machine has less of than the instance type. Memory that the kernel keeps does not count. */
function smallness(
  { instanceType, gpuCount, gpuCountFrom }: TaskFacts,
  machine: OwnMachine,
): { readonly text: string; readonly isCertain: boolean } | undefined {
  if (gpuCount > machine.gpus) {
    const has = machine.gpus === 0 ? 'no GPU' : `${machine.gpus} GPUs`;
    return {
      text: `this machine has ${has}, the task needs ${gpuCount}`,
      isCertain: gpuCountFrom === 'given',
    };
  }
  const wanted = findInstanceType(instanceType);
  if (!wanted || (machine.vcpus >= wanted.vcpus && machine.memoryGiB >= wanted.memoryGiB * 0.9))
    return undefined;
  const own = `${machine.vcpus} CPUs and ${Math.round(machine.memoryGiB)} GiB`;
  return {
    text: `this machine has ${own}, ${instanceType} has ${wanted.vcpus} and ${wanted.memoryGiB}`,
    isCertain: false,
  };
}
