import type { Configuration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import { billOf, type RunPlan, usdText, withinCap } from '../../platforms/router/index.ts';

/** Whether a run may begin. */
export interface Approval {
  readonly plan: RunPlan;
  /** What it would cost and why somebody has to agree to that; absent: it costs nothing, or a cap has answered. */
  readonly question?: string;
}

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
  const { platforms: billing, usd, mostUsd } = billOf(plan, platforms);
  if (cap !== undefined && usd !== null && usd > cap) {
    throw new SluiceError(
      'CostNotApproved',
      `The run would cost about ${usdText(usd)}, more than router.maxCostInUSDPerRun, ${usdText(cap)}.`,
      { hint: 'sluice plan FILE shows each step. Raise the cap, or choose by cost: router.policy: cost.' },
    );
  }
  if (cap !== undefined && usd !== null) return { plan: withinCap(plan, platforms, cap) };
  if (yes) return { plan };
  if (billing.length === 0) return { plan: withinCap(plan, platforms, 0) };
  const where = billing.join(', ');
  if (usd === null)
    return { plan, question: `The run would cost money on ${where}, and some price is not known.` };
  const more =
    mostUsd === null
      ? ', more where it has to move'
      : mostUsd > usd
        ? `, at most ${usdText(mostUsd)} where it has to move`
        : '';
  return { plan, question: `The run would cost about ${usdText(usd)} on ${where}${more}.` };
}

/** The error for a cost that nobody can be asked about. */
export function costNotApproved(question: string): SluiceError {
  return new SluiceError('CostNotApproved', question, {
    hint: 'Say --yes, or let the configuration answer: router.maxCostInUSDPerRun: 5 lets every run begin that costs at most $5.',
  });
}
