import type { RouterSettings } from '../../core/platforms-settings.ts';
import type { TaskFacts } from './facts.ts';
import { secondsText, usdText } from './texts.ts';

/** A limit that a place would break. */
export interface BrokenLimit {
  readonly text: string;
  /** The option or setting that says so. */
  readonly limit: 'deadlineInSeconds' | 'maxCostInUSD' | 'router.maxCostInUSDPerJob';
  /** What it would have to be at least; undefined: nobody knows. */
  readonly needed: number | undefined;
}

/** The deadline of a task, where a job on a place does not keep it. Pure. */
export function tooSlow(
  seconds: number,
  { deadlineSeconds, durationFrom }: TaskFacts,
): BrokenLimit | undefined {
  if (deadlineSeconds === undefined || seconds <= deadlineSeconds) return undefined;
  const how = durationFrom === 'default' ? ', as far as is known' : '';
  return {
    text: `it takes ${secondsText(seconds)} with start-up and data${how}, longer than deadlineInSeconds ${deadlineSeconds}`,
    limit: 'deadlineInSeconds',
    needed: Math.ceil(seconds),
  };
}

/** The cap that a job on a place does not keep; with a cap, an unknown price is too much. Pure. */
export function tooDear(
  usd: number | null | undefined,
  { maxCostInUSD }: TaskFacts,
  router: RouterSettings,
): BrokenLimit | undefined {
  for (const [limit, cap] of [
    ['maxCostInUSD', maxCostInUSD],
    ['router.maxCostInUSDPerJob', router.maxCostInUSDPerJob],
  ] as const) {
    if (cap === undefined) continue;
    if (usd === undefined || usd === null)
      return {
        text: `its price is not known, and it may cost ${usdText(cap)} at most (${limit})`,
        limit,
        needed: undefined,
      };
    if (usd > cap)
      return { text: `it costs ${usdText(usd)}, more than ${usdText(cap)} (${limit})`, limit, needed: usd };
  }
  return undefined;
}
