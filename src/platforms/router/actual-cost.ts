import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import type { JobTask } from '../../graph/index.ts';
import type { PriceBook } from '../prices/index.ts';
import { hourlyPrice } from './costs.ts';
import { factsOf } from './facts.ts';
import { machinesOn } from './instances.ts';
import { isPlatformName } from './platform-names.ts';

/** A job that has run. */
export interface RunJob {
  readonly task: JobTask;
  readonly platform: string;
  /** Whether its machines could be taken away. */
  readonly spot: boolean;
  /** Whole seconds, times instances. */
  readonly billableSeconds: number;
  /** From its start to its end, of one instance; known of jobs on spot machines. */
  readonly ranSeconds?: number | undefined;
}

/** What a job has cost, US dollars; undefined: unknown. */
export interface ActualCost {
  readonly usd: number | undefined;
  /** What the same seconds cost on machines that are not taken away. */
  readonly onDemandUsd: number | undefined;
  /** The day of the price, ISO 8601. */
  readonly priced: string | undefined;
}

/** What a job has cost, by its billable seconds and the prices that are known now. Pure. */
export function actualCost(
  { task, platform, spot, billableSeconds, ranSeconds }: RunJob,
  settings: PlatformsSettings,
  prices: PriceBook,
): ActualCost {
  const unknown: ActualCost = { usd: undefined, onDemandUsd: undefined, priced: undefined };
  if (!isPlatformName(platform)) return unknown;
  const facts = factsOf(task);
  const machines = machinesOn(platform, facts, settings);
  if (typeof machines === 'string') return unknown;
  const costOf = (isSpot: boolean, seconds: number): Cost | undefined => {
    const price = hourlyPrice({ platform, facts, machines, settings, prices, spot: isSpot });
    if (price === undefined || typeof price === 'string') return undefined;
    return { usd: (price.usdPerHour * seconds) / 3600, priced: price.recorded };
  };
  // SageMaker takes the price on demand for fewer seconds.
  const own = costOf(spot && platform !== 'sagemaker', billableSeconds);
  const onDemand = costOf(
    false,
    spot && ranSeconds !== undefined ? ranSeconds * machines.count : billableSeconds,
  );
  return { usd: own?.usd, onDemandUsd: onDemand?.usd, priced: own?.priced };
}

interface Cost {
  readonly usd: number;
  readonly priced: string | undefined;
}
