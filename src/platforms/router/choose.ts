import { findInstanceType } from '../../contract/instance-types.ts';
import { SluiceError } from '../../core/errors.ts';
import type { PlatformsSettings, RouterSettings } from '../../core/platforms-settings.ts';
import type { PriceBook } from '../prices/index.ts';
import { CAPABILITIES, incapacity } from './capabilities.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { estimateOn } from './costs.ts';
import { evaluate } from './expression/expression.ts';
import { FACTS, factOf } from './fact-table.ts';
import type { TaskFacts } from './facts.ts';
import { machinesOn } from './instances.ts';
import type { Choice, ConsideredPlace, Place } from './place.ts';
import type { PlatformName } from './platform-names.ts';
import { factText, ruleReason, secondsText, usdText } from './texts.ts';

/** What this machine has. */
export interface OwnMachine {
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly gpus: number;
}

/** What platforms are chosen with. */
export interface ChooseOptions {
  readonly rules: readonly CompiledRule[];
  /** @default {} */
  readonly router: RouterSettings;
  /** What is enabled, `local` among it. */
  readonly enabled: readonly PlatformName[];
  readonly settings: PlatformsSettings;
  readonly prices: PriceBook;
  readonly machine: OwnMachine;
}

/** A platform with the places that it has for a task. */
interface Candidate {
  readonly platform: PlatformName;
  /** Spot first, then on demand. Empty: it cannot run the task. */
  readonly places: readonly Place[];
  /** What it looks like, where it does not fit. */
  readonly shown: Place;
  readonly problem?: string;
  /** It is small for the task: it fits where nothing else does. */
  readonly small?: string;
}

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
  if (!best) throw nothingFits(facts, rule.name, candidates);
  const preferred = rule.platforms[0];
  const missing =
    preferred !== undefined && !options.enabled.includes(preferred)
      ? `; ${preferred}, which it prefers, is not enabled`
      : '';
  const why = { rule: rule.name, reason: reason + missing, isFirst: best.platform === preferred };
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
    // Nothing else was asked for.
    places: [place],
  };
}

function decidingRule(facts: TaskFacts, { rules }: ChooseOptions): { rule: CompiledRule; reason: string } {
  const skipped: CompiledRule[] = [];
  for (const rule of rules) {
    const holds = evaluate(rule.expression, (name) => factOf(name).of(facts));
    if (holds === true) return { rule, reason: ruleReason(rule, skipped, facts) };
    if (holds === undefined) skipped.push(rule);
  }
  const known = (Object.keys(FACTS) as (keyof typeof FACTS)[]).map((name) => factText(name, facts));
  throw new SluiceError(
    'NoPlatformFits',
    `Task '${facts.task}': no rule of router.rules holds for it (${known.join(', ')}).`,
    { hint: 'Add a rule without `when` as the last one: it says where everything else runs.' },
  );
}

function candidateOn(platform: PlatformName, facts: TaskFacts, options: ChooseOptions): Candidate {
  const lacks = incapacity(platform, facts);
  if (lacks !== undefined) return unfit(platform, facts, options, lacks);
  const estimates = spotOrder(platform, facts).map((spot) =>
    estimateOn(platform, facts, { ...options, spot }),
  );
  const impossible = estimates.find((each) => typeof each === 'string');
  if (impossible !== undefined) return unfit(platform, facts, options, impossible);
  const places: Place[] = [];
  let problem: string | undefined;
  let shown: Place | undefined;
  for (const estimate of estimates) {
    if (typeof estimate === 'string') continue;
    const { machines, spot, seconds, slowSeconds, usd, priced } = estimate;
    const { instanceType } = machines;
    const place: Place = {
      platform,
      instanceType,
      ...(machines.count !== facts.instanceCount && { instanceCount: machines.count }),
      spot,
      seconds,
      usd: usd ?? null,
      ...(priced !== undefined && { priced }),
    };
    shown ??= place;
    const wrong = tooSlow(slowSeconds, facts) ?? tooDear(usd, facts, options.router);
    if (wrong === undefined) places.push(place);
    else problem ??= wrong;
  }
  const small = platform === 'local' ? smallness(facts, options.machine) : undefined;
  if (small?.isCertain) return unfit(platform, facts, options, small.text);
  return {
    platform,
    places,
    shown: places[0] ?? (shown as Place),
    ...(places.length === 0 && problem !== undefined && { problem }),
    ...(small && { small: small.text }),
  };
}

/** Machines that can be taken away only where the author allows it. */
function spotOrder(platform: PlatformName, { spot, jobType }: TaskFacts): boolean[] {
  return spot === true && CAPABILITIES[platform].spot.includes(jobType) ? [true, false] : [false];
}

function unfit(platform: PlatformName, facts: TaskFacts, options: ChooseOptions, problem: string): Candidate {
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
  };
  return { platform, places: [], shown, problem };
}

function tooSlow(seconds: number, { deadlineSeconds, durationFrom }: TaskFacts): string | undefined {
  if (deadlineSeconds === undefined || seconds <= deadlineSeconds) return undefined;
  const how = durationFrom === 'default' ? ', as far as is known' : '';
  return `it takes ${secondsText(seconds)} with start-up and data${how}, longer than deadlineInSeconds ${deadlineSeconds}`;
}

function tooDear(
  usd: number | undefined,
  { maxCostInUSD }: TaskFacts,
  router: RouterSettings,
): string | undefined {
  for (const [name, cap] of [
    ['maxCostInUSD', maxCostInUSD],
    ['router.maxCostInUSDPerJob', router.maxCostInUSDPerJob],
  ] as const) {
    if (cap === undefined) continue;
    if (usd === undefined) return `its price is not known, and it may cost ${usdText(cap)} at most (${name})`;
    if (usd > cap) return `it costs ${usdText(usd)}, more than ${usdText(cap)} (${name})`;
  }
  return undefined;
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
  readonly isFirst: boolean;
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

function chosenReason(order: readonly Candidate[], policy: string, { reason }: Why): string {
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

function nothingFits(
  facts: TaskFacts,
  rule: string | undefined,
  candidates: readonly Candidate[],
): SluiceError {
  const reasons = candidates.map(({ platform, problem, small }) => `${platform}: ${problem ?? small}`);
  const by = rule === undefined ? '' : ` (rule '${rule}')`;
  return new SluiceError(
    'NoPlatformFits',
    [`Task '${facts.task}': no platform fits${by}:`, ...reasons].join('\n  '),
    { hint: hintOf(facts, reasons.join('\n')) },
  );
}

function hintOf({ durationFrom }: TaskFacts, reasons: string): string {
  if (reasons.includes('deadlineInSeconds')) {
    const known = durationFrom === 'default' ? 'say how long it takes (expectedDurationInSeconds), ' : '';
    return `Give it more time (deadlineInSeconds), ${known}or enable a platform that is faster.`;
  }
  if (/maxCostInUSD/.test(reasons))
    return 'Raise the cap that is named, set a price (sluice prices refresh, pricePerHour), or choose a smaller instance type.';
  return 'Enable another platform under `platforms:`, change what the task asks for, or name a platform in the rule.';
}
