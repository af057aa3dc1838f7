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
  /** Where every job has to go on to the dearest of its places. */
  readonly mostUsd: number | null;
}

/** What a run would be billed by those who bill. Pure. */
export function billOf({ steps }: RunPlan, settings: PlatformsSettings): Bill {
  const platforms = new Set<PlatformName>();
  let usd: number | null = 0;
  let mostUsd: number | null = 0;
  for (const { places } of steps) {
    const billed = places.filter(({ platform }) => bills(platform, settings));
    const [first] = places;
    if (first && billed.includes(first)) platforms.add(first.platform);
    usd = add(usd, first && billed.includes(first) ? first.usd : 0);
    mostUsd = add(mostUsd, dearest(billed));
  }
  return { platforms: [...platforms], usd, mostUsd };
}

/** The plan without later places that would make it dearer than a run may be. Pure. */
export function withinCap(plan: RunPlan, settings: PlatformsSettings, capUsd: number): RunPlan {
  const { usd } = billOf(plan, settings);
  if (usd === null) return plan;
  const steps = plan.steps.map((step) => {
    const [first] = step.places;
    const own = first && bills(first.platform, settings) ? (first.usd ?? 0) : 0;
    const fits = (place: Place): boolean =>
      place === first ||
      !bills(place.platform, settings) ||
      (place.usd !== null && usd - own + place.usd <= capUsd);
    return step.places.every(fits) ? step : { ...step, places: step.places.filter(fits) };
  });
  return { ...plan, steps };
}

/**
 * Whether a platform sends a bill: AWS does where it is AWS that answers; a cluster costs what the configuration says, and
 * nothing more for one job where that says nothing.
 */
function bills(platform: PlatformName, settings: PlatformsSettings): boolean {
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
  return places.reduce<number | null>((most, { usd }) => larger(most, usd), 0);
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.round((a + b) * 1e6) / 1e6;
}
