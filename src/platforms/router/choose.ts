import { type Candidate, candidateOn, unfit } from './candidate.ts';
import type { ChooseOptions } from './choose-options.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { evaluate } from './expression/expression.ts';
import { factOf } from './fact-table.ts';
import type { TaskFacts } from './facts.ts';
import { noRuleHolds, nothingFits } from './no-platform-fits.ts';
import type { Choice, ConsideredPlace, Place } from './place.ts';
import type { PlatformName } from './platform-names.ts';
import { ruleReason, usdText } from './texts.ts';

/**
 * Chooses where a task runs: the first rule that holds says what may be and which comes first; what is enabled, can run it,
 * meets its deadline and costs no more than it may fits; the policy picks. Pure.
 *
 * @throws SluiceError `NoPlatformFits` that says what speaks against each, and what would change it
 */
export function choosePlatform(facts: TaskFacts, options: ChooseOptions): Choice {
  const { rule, reason } = decidingRule(facts, options);
  const candidates = options.enabled.map((platform) =>
    rule.platforms.includes(platform)
      ? candidateOn(platform, facts, options)
      : unfit(platform, facts, options, `rule '${rule.name}' does not name it`),
  );
  const order = orderOf(candidates, rule, options);
  const [best] = order;
  if (!best) throw nothingFits(facts, rule, candidates);
  const preferred = rule.platforms[0];
  const missing =
    preferred !== undefined && !options.enabled.includes(preferred)
      ? `; ${preferred}, which it prefers, is not enabled`
      : '';
  const isOnly = options.enabled.length === 1;
  const why = {
    rule: rule.name,
    reason: isOnly ? 'no other platform is enabled' : reason + missing,
    isOnly,
  };
  return choiceOf(candidates, order, options, why);
}

/** The choice of a task whose author names the platform. @throws SluiceError `NoPlatformFits` */
export function fixedChoice(platform: PlatformName, facts: TaskFacts, options: ChooseOptions): Choice {
  const candidate = candidateOn(platform, facts, options);
  if (candidate.places.length === 0) throw nothingFits(facts, undefined, [candidate]);
  const [place] = candidate.places as [Place];
  const reason = 'the task names it';
  return {
    chosen: { ...place, reason },
    considered: [{ ...place, fits: true, reason }],
    // Other machines of this platform: no other platform was asked for.
    places: candidate.places,
  };
}

function decidingRule(facts: TaskFacts, { rules }: ChooseOptions): { rule: CompiledRule; reason: string } {
  const skipped: CompiledRule[] = [];
  for (const rule of rules) {
    const holds = evaluate(rule.expression, (name) => factOf(name).of(facts));
    if (holds === true) return { rule, reason: ruleReason(rule, skipped, facts) };
    if (holds === undefined) skipped.push(rule);
  }
  throw noRuleHolds(facts, rules);
}

/** What fits, the best first. */
function orderOf(
  candidates: readonly Candidate[],
  rule: CompiledRule,
  { router }: ChooseOptions,
): Candidate[] {
  const able = candidates.filter(({ places }) => places.length > 0);
  const large = able.filter(({ small }) => small === undefined);
  const fitting = large.length > 0 ? large : able;
  const rank = ({ platform }: Candidate): number => rule.platforms.indexOf(platform);
  const usd = ({ shown }: Candidate): number => shown.usd ?? Number.POSITIVE_INFINITY;
  return fitting.toSorted((a, b) => {
    if ((router.policy ?? 'flowchart') === 'flowchart' || usd(a) === usd(b)) return rank(a) - rank(b);
    return usd(a) - usd(b);
  });
}

interface Why {
  readonly rule: string;
  readonly reason: string;
  /** There is nothing to choose. */
  readonly isOnly: boolean;
}

function choiceOf(
  candidates: readonly Candidate[],
  order: readonly Candidate[],
  { router }: ChooseOptions,
  why: Why,
): Choice {
  const policy = router.policy ?? 'flowchart';
  const [best] = order as [Candidate];
  const considered = candidates.map((candidate): ConsideredPlace => {
    const { shown, problem, small } = candidate;
    const at = order.indexOf(candidate);
    if (at === -1) return { ...shown, fits: false, reason: problem ?? small ?? 'it does not fit' };
    return {
      ...shown,
      fits: true,
      reason: at === 0 ? chosenReason(order, policy, why) : laterReason(at, best, candidate, policy, why),
    };
  });
  const { fits: _fits, ...chosen } = considered.find(
    ({ platform }) => platform === best.platform,
  ) as ConsideredPlace;
  return { chosen, considered, places: order.flatMap(({ places }) => places) };
}

function chosenReason(order: readonly Candidate[], policy: string, { reason, isOnly }: Why): string {
  if (isOnly) return reason;
  const [best, second] = order as [Candidate, Candidate | undefined];
  const small = best.small === undefined ? '' : `; ${best.small}, but nothing else fits`;
  if (policy === 'flowchart') return `${reason}${small}`;
  const meets = policy === 'deadline' ? ' that meets the deadline' : '';
  if (best.shown.usd === null) return `no price is known: the first of ${reason}${small}`;
  const against = second ? `, against ${costText(second.shown)} on ${second.platform}` : '';
  return `the cheapest${meets}${against}; ${reason}${small}`;
}

function laterReason(
  at: number,
  best: Candidate,
  { shown }: Candidate,
  policy: string,
  { rule }: Why,
): string {
  if (policy === 'flowchart') return `number ${at + 1} of rule '${rule}'`;
  if (shown.usd === null) return 'its price is not known: it comes after those whose is';
  return `${usdText(shown.usd - (best.shown.usd ?? 0))} more than ${best.platform}`;
}

function costText({ usd }: Place): string {
  return usd === null ? 'an unknown price' : usdText(usd);
}
