import type { Configuration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import { billOf, type RunPlan, usdText, withinCap } from '../../platforms/router/index.ts';

/** Whether a run may begin. */
export interface Approval {
  readonly plan: RunPlan;
  /** What it would cost and why somebody has to agree to that; absent: it costs nothing, or a cap has answered. */
  readonly question?: string;
  /** What would answer the question, where nobody can be asked. */
  readonly hint?: string;
}

/** What answers the question of a cost that is known. */
export const CAP_ANSWERS =
  'Say --yes, or let the configuration answer: router.maxCostInUSDPerRun: 5 lets every run begin that costs at most $5.';
/** What answers the question of a cost that is not. */
export const PRICE_ANSWERS =
  'sluice prices refresh fetches prices, pricePerHour of a platform sets them; then router.maxCostInUSDPerRun can answer. Or say --yes.';

/**
 * Holds what a run would cost against the cap of the configuration. Where nobody has agreed to any cost, jobs that cost
 * nothing do not go on to where they would. Pure.
 *
 * @throws SluiceError `CostNotApproved` where it is more than a run may cost
 */
export function approveCost(
  plan: RunPlan,
  { platforms = {}, router = {} }: Configuration,
  { yes = false }: { readonly yes?: boolean } = {},
): Approval {
  const cap = router.maxCostInUSDPerRun;
  const { platforms: billing, usd, knownUsd, unknown, mostUsd } = billOf(plan, platforms);
  if (cap !== undefined && knownUsd > cap) {
    throw new SluiceError(
      'CostNotApproved',
      `The run would cost ${usd === null ? 'at least' : 'about'} ${usdText(knownUsd)}, more than router.maxCostInUSDPerRun, ${usdText(cap)}.`,
      { hint: 'sluice plan FILE shows each step. Raise the cap, or choose by cost: router.policy: cost.' },
    );
  }
  const kept = cap === undefined ? plan : withinCap(plan, platforms, cap);
  if (yes || (cap !== undefined && usd !== null)) return { plan: kept };
  if (billing.length === 0) return { plan: withinCap(plan, platforms, 0) };
  const where = billing.join(', ');
  if (usd === null)
    return { plan: kept, question: unknownCost('The run', where, knownUsd, unknown), hint: PRICE_ANSWERS };
  const more =
    mostUsd === null
      ? ', more where it has to move'
      : mostUsd > usd
        ? `, at most ${usdText(mostUsd)} where it has to move`
        : '';
  return {
    plan,
    question: `The run would cost about ${usdText(usd)} on ${where}${more}.`,
    hint: CAP_ANSWERS,
  };
}

/** `The run would cost money on sagemaker, and what 'train' would cost is not known.` Pure. */
export function unknownCost(what: string, where: string, knownUsd: number, steps: readonly string[]): string {
  const names = steps.length > 3 ? `${steps.length} steps` : steps.map((step) => `'${step}'`).join(', ');
  const known = knownUsd > 0 ? `at least ${usdText(knownUsd)}` : 'money';
  return `${what} would cost ${known} on ${where}, and what ${names} would cost is not known.`;
}

/** The error for a cost that nobody can be asked about; undefined where nobody has to be. */
export function costNotApproved({ question, hint = CAP_ANSWERS }: Approval): SluiceError | undefined {
  return question === undefined ? undefined : new SluiceError('CostNotApproved', question, { hint });
}
