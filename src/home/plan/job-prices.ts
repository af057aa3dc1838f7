import type { Configuration } from '../../core/config.ts';
import type { JobTask } from '../../graph/index.ts';
import { readPrices } from '../../platforms/prices/index.ts';
import { actualCost, bills, type Place } from '../../platforms/router/index.ts';

const HOUR_SECONDS = 3600;

/**
 * Reads the prices of a home: what an hour of one instance is billed for a task at a place, US dollars; 0 where nobody sends
 * a bill, undefined where the price is not known.
 *
 * @throws SluiceError `ConfigInvalid`
 */
export async function jobPrices(
  home: string,
  { platforms = {} }: Configuration,
): Promise<(task: JobTask, place: Place) => number | undefined> {
  const prices = await readPrices(home);
  return (task, { platform, spot }) => {
    if (!bills(platform, platforms)) return 0;
    return actualCost({ task, platform, spot, billableSeconds: HOUR_SECONDS }, platforms, prices).usd;
  };
}
