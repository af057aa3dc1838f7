import type { CompiledRule } from './compiled-rule.ts';
import { factsIn } from './expression/expression.ts';
import { FACTS, type FactName, factOf } from './fact-table.ts';
import type { TaskFacts } from './facts.ts';

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** `2 h`, `90 s`: the largest unit that it is at least two of, with one place at most. */
export function secondsText(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= size * (size === 60 ? 5 : 1)) ?? [1, 's'];
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
}

/** `$3.20`; small sums with more places. */
export function usdText(usd: number): string {
  if (usd === 0) return '$0';
  return `$${usd >= 0.1 ? usd.toFixed(2) : usd.toPrecision(2)}`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.5 GB`: 10⁹ bytes. */
export function bytesText(bytes: number): string {
  let power = 0;
  while (bytes >= 1000 ** (power + 1) && power < SIZES.length - 1) power++;
  return `${Math.round((bytes / 1000 ** power) * 10) / 10} ${SIZES[power]}`;
}

const FROM = { given: '', history: ' (by earlier runs)', default: ' (assumed: nothing is known of it)' };

/** Why a rule holds for a task: the facts that it hangs on, and what is not known of those before. */
export function ruleReason(rule: CompiledRule, skipped: readonly CompiledRule[], facts: TaskFacts): string {
  const names = new Set<FactName>([
    ...factsIn(rule.expression),
    ...skipped.flatMap(({ expression }) => [...factsIn(expression)]),
  ]);
  names.delete('job_type');
  const known = [...names].map((name) => factText(name, facts));
  return [`rule '${rule.name}'`, ...known].join('; ');
}

/** A fact in words. */
export function factText(name: FactName, facts: TaskFacts): string {
  const title = name.replaceAll('_', ' ');
  const value = FACTS[name].of(facts);
  if (value === undefined) return `${title} unknown`;
  if (name === 'duration') return `duration ${secondsText(facts.durationSeconds)}${FROM[facts.durationFrom]}`;
  const fact = factOf(name);
  if (fact.kind === 'boolean') return value ? title : `not ${title}`;
  if (fact.kind !== 'number') return `${title} ${value}`;
  return `${title} ${numberText(Number(value), fact.unit)}`;
}

function numberText(value: number, unit: 's' | 'ms' | 'bytes' | undefined): string {
  if (unit === 'bytes') return bytesText(value);
  if (unit === 's') return secondsText(value);
  return unit === 'ms' ? `${value} ms` : String(value);
}
