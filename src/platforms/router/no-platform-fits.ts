import { SluiceError } from '../../core/errors.ts';
import type { Candidate } from './candidate.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { factsIn } from './expression/expression.ts';
import type { TaskFacts } from './facts.ts';
import type { PlatformName } from './platform-names.ts';
import { factText } from './texts.ts';

/** The error for a task that no rule is for: what the rules ask, and what is known of that. */
export function noRuleHolds(facts: TaskFacts, rules: readonly CompiledRule[]): SluiceError {
  const asked = new Set(rules.flatMap(({ expression }) => [...factsIn(expression)]));
  const known = [...asked].map((name) => factText(name, facts)).join(', ');
  const lines = rules.map(({ name, when }) => `rule '${name}': not ${when}`);
  return new SluiceError(
    'NoPlatformFits',
    [`Task '${facts.task}': no rule of router.rules holds for it (${known}):`, ...lines].join('\n  '),
    { hint: 'Add a rule without `when` as the last one: it says where everything else runs.' },
  );
}

/** The error for a task that no platform fits: what speaks against each, and what would change it. */
export function nothingFits(
  facts: TaskFacts,
  rule: CompiledRule | undefined,
  candidates: readonly Candidate[],
): SluiceError {
  const looked = candidates.map(({ platform, problem, small }) => `${platform}: ${problem ?? small}`);
  const absent = (rule?.platforms ?? []).filter(
    (name) => !candidates.some(({ platform }) => platform === name),
  );
  const by = rule === undefined ? '' : ` (rule '${rule.name}')`;
  return new SluiceError(
    'NoPlatformFits',
    [
      `Task '${facts.task}': no platform fits${by}:`,
      ...looked,
      ...absent.map((name) => `${name}: it is not enabled (platforms.${name})`),
    ].join('\n  '),
    { hint: hintOf(facts, candidates, absent) },
  );
}

function hintOf(
  { durationFrom }: TaskFacts,
  candidates: readonly Candidate[],
  absent: readonly PlatformName[],
): string {
  const broken = candidates.flatMap(({ platform, broken }) => (broken ? [{ platform, ...broken }] : []));
  const known = broken.filter(({ needed }) => needed !== undefined);
  const [least] = known.toSorted((a, b) => Number(a.needed) - Number(b.needed));
  const enough =
    least && `${least.limit}: ${roundUp(least.needed ?? 0, least.limit)} would do for ${least.platform}`;
  if (broken.some(({ limit }) => limit === 'deadlineInSeconds')) {
    const say = durationFrom === 'default' ? 'say how long it takes (expectedDurationInSeconds), ' : '';
    return `Give it more time (${enough}), ${say}or enable a platform that is faster.`;
  }
  if (broken.length > 0) {
    const raise =
      enough === undefined ? '' : `Raise the cap (${enough}), or choose a smaller instance type. `;
    const isUnknown = broken.some(({ needed }) => needed === undefined);
    const price =
      'Where a price is not known: sluice prices refresh, or pricePerHour of the platform, sets it.';
    return `${raise}${isUnknown ? price : ''}`.trim();
  }
  const enable = absent.length > 0 ? absent.join(' or ') : 'another platform';
  return `Enable ${enable} under \`platforms:\`, change what the task asks for, or name a platform that is enabled in the rule.`;
}

/** To the cent, upwards: what is said to be enough is enough. */
function roundUp(needed: number, limit: string): number {
  return limit === 'deadlineInSeconds' ? needed : Math.ceil(needed * 100) / 100;
}
