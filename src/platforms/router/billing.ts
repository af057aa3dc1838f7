import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { isAwsEndpoint } from '../aws/is-aws-endpoint.ts';
import type { Place } from './place.ts';
import type { RunPlan } from './plan.ts';
import type { PlatformName } from './platform-names.ts';

/** What a run would be billed. US dollars; null: unknown. */
export interface Bill {
  /** The platforms that bill it, as far as every job gets the place that was chosen. Empty: it costs nothing. */
  readonly platforms: readonly PlatformName[];
  /** Where every job gets the place that was chosen. */
  readonly usd: number | null;
  /** The part of that whose price is known. */
  readonly knownUsd: number;
  /** The steps whose price is not. */
  readonly unknown: readonly string[];
  /** Where every job has to go on to the dearest of its places. */
  readonly mostUsd: number | null;
}

/** What a run would be billed by those who bill. Pure. */
export function billOf({ steps }: RunPlan, settings: PlatformsSettings): Bill {
  const platforms = new Set<PlatformName>();
  const unknown: string[] = [];
  let knownUsd = 0;
  let mostUsd: number | null = 0;
  for (const { step, places } of steps) {
    const billed = places.filter(({ platform }) => bills(platform, settings));
    const [first] = places;
    mostUsd = add(mostUsd, dearest(billed));
    if (!first || !billed.includes(first)) continue;
    platforms.add(first.platform);
    if (first.usd === null) unknown.push(step);
    knownUsd = add(knownUsd, first.usd ?? 0) as number;
  }
  return {
    platforms: [...platforms],
    usd: unknown.length > 0 ? null : knownUsd,
    knownUsd,
    unknown,
    mostUsd,
  };
}

/**
 * The plan without later places, and without further types, that would make it dearer than a run may be, also where
 * several of its jobs go on to theirs: what one may take more, those after it may not. Where a price is not known, what is
 * known of the run has to keep to it. Pure.
 */
export function withinCap(plan: RunPlan, settings: PlatformsSettings, capUsd: number): RunPlan {
  let left = capUsd - billOf(plan, settings).knownUsd;
  const steps = plan.steps.map((step) => {
    const [first] = step.places;
    const own = first && bills(first.platform, settings) ? (first.usd ?? 0) : 0;
    const fits = (price: number | null): boolean => price !== null && price - own <= left;
    const places = step.places.flatMap((place) => {
      if (!bills(place.platform, settings)) return [place];
      if (place !== first && !fits(place.usd)) return [];
      return [place.mostUsd === undefined || fits(place.mostUsd) ? place : withoutOthers(place)];
    });
    const most = dearest(places.filter(({ platform }) => bills(platform, settings))) ?? 0;
    left -= Math.max(0, most - own);
    const isSame = places.every((place, index) => place === step.places[index]);
    return isSame && places.length === step.places.length ? step : { ...step, places };
  });
  return { ...plan, steps };
}

/** Of the first type alone. */
function withoutOthers({ instancePreferences: _others, mostUsd: _most, ...place }: Place): Place {
  return place;
}

/**
 * Whether a platform sends a bill: AWS does where it is AWS that answers; a cluster costs what the configuration says, and
 * nothing more for one job where that says nothing.
 */
export function bills(platform: PlatformName, settings: PlatformsSettings): boolean {
  switch (platform) {
    case 'local':
      return false;
    case 'sagemaker':
    case 'batch':
    case 'emr':
      return isAwsEndpoint(settings[platform]?.endpoint);
    case 'kubernetes':
      return Object.keys(settings.kubernetes?.pricePerHour ?? {}).length > 0;
    case 'coreweave':
      return true;
  }
}

function dearest(places: readonly Place[]): number | null {
  return places.reduce<number | null>((most, { usd, mostUsd = usd }) => larger(most, mostUsd), 0);
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.round((a + b) * 1e6) / 1e6;
}
