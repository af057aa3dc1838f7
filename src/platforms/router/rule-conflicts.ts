import type { CompiledRule } from './compiled-rule.ts';
import { type Expression, evaluate, factsIn, walk } from './expression/expression.ts';
import { type FactName, factOf } from './fact-table.ts';

/** More combinations of facts than this are not tried: such rules are taken as they are. */
const MOST_COMBINATIONS = 200_000;

/** The same for all comparisons of all rules with all combinations: some seconds. */
const MOST_COMPARISONS = 50_000_000;

type Value = string | number | boolean | undefined;
type Combination = Readonly<Partial<Record<FactName, Value>>>;

/**
 * Rules that never decide: whose condition cannot hold, or for all of whose tasks an earlier one decides. Every fact is
 * compared with constants alone, so that one value between each two of them, and each itself, stand for all.
 */
export function ruleConflicts(rules: readonly CompiledRule[]): string[] {
  const samples = samplesOf(rules);
  const count = [...samples.values()].reduce((product, { length }) => product * length, 1);
  if (count > Math.min(MOST_COMBINATIONS, MOST_COMPARISONS / partsOf(rules))) return [];
  const found = rules.map(() => ({ holds: false, decides: false, before: new Set<number>() }));
  for (const combination of combinations([...samples])) note(rules, combination, found);
  return rules.flatMap((rule, position) => {
    const { holds, decides, before } = found[position] as (typeof found)[number];
    if (decides) return [];
    if (!holds) return [`rule '${rule.name}' never holds: no task is ${rule.when}.`];
    return [
      shadowed(
        rule,
        [...before].map((each) => rules[each] as CompiledRule),
      ),
    ];
  });
}

function partsOf(rules: readonly CompiledRule[]): number {
  let parts = 0;
  for (const { expression } of rules) walk(expression, () => parts++);
  return parts;
}

function note(
  rules: readonly CompiledRule[],
  combination: Combination,
  found: readonly { holds: boolean; decides: boolean; before: Set<number> }[],
): void {
  let first: number | undefined;
  rules.forEach(({ expression }, position) => {
    if (evaluate(expression, (name) => combination[name]) !== true) return;
    const mine = found[position] as (typeof found)[number];
    mine.holds = true;
    if (first === undefined) {
      mine.decides = true;
      first = position;
    } else mine.before.add(first);
  });
}

function shadowed(rule: CompiledRule, earlier: readonly CompiledRule[]): string {
  const names = earlier.map(({ name }) => `'${name}'`).join(', ');
  const other = earlier.find(({ platforms }) => platforms[0] !== rule.platforms[0]);
  const contradiction = other
    ? `they contradict: '${other.name}' says ${other.platforms[0]}, '${rule.name}' ${rule.platforms[0]}. `
    : '';
  return `rule '${rule.name}' never decides: whatever it holds for, ${names} before it hold${earlier.length === 1 ? 's' : ''} too; ${contradiction}Put it before, make the earlier narrower, or remove it.`;
}

function samplesOf(rules: readonly CompiledRule[]): Map<FactName, Value[]> {
  const names = new Set(rules.flatMap(({ expression }) => [...factsIn(expression)]));
  const constants = new Map<FactName, Set<string | number | boolean>>();
  for (const { expression } of rules) collect(expression, constants);
  return new Map([...names].map((name) => [name, samples(name, [...(constants.get(name) ?? [])])]));
}

function collect(expression: Expression, constants: Map<FactName, Set<string | number | boolean>>): void {
  walk(expression, (part) => {
    const values = part.type === 'compare' ? [part.value] : part.type === 'in' ? part.values : [];
    if (part.type !== 'compare' && part.type !== 'in') return;
    const known = constants.get(part.name) ?? new Set();
    for (const value of values) known.add(value);
    constants.set(part.name, known);
  });
}

function samples(name: FactName, constants: readonly (string | number | boolean)[]): Value[] {
  const fact = factOf(name);
  const unknown = fact.mayBeUnknown ? [undefined] : [];
  if (fact.kind === 'boolean') return [true, false, ...unknown];
  if (fact.kind === 'text') return [...(fact.values ?? [...constants, '\0']), ...unknown];
  return [...between(constants as number[], fact.whole === true), ...unknown];
}

/** Each bound, one below the first, one between each two, one above the last; facts are never below 0. */
function between(bounds: readonly number[], whole: boolean): number[] {
  const sorted = [...new Set(bounds)].filter((bound) => bound >= 0).sort((a, b) => a - b);
  const points = [0, ...sorted, (sorted.at(-1) ?? 0) + 1];
  const middles = points.slice(1).map((point, index) => (point + (points[index] as number)) / 2);
  const inner = middles.map((middle) => (whole ? Math.floor(middle) : middle));
  return [...new Set([...points, ...inner])];
}

/** The same object each time, with other values. */
function* combinations(samples: readonly (readonly [FactName, readonly Value[]])[]): Generator<Combination> {
  const combination: Partial<Record<FactName, Value>> = {};
  const at = samples.map(() => 0);
  for (;;) {
    samples.forEach(([name, values], index) => {
      combination[name] = values[at[index] as number];
    });
    if (isPossible(combination)) yield combination;
    const next = samples.findIndex(([, values], index) => (at[index] as number) + 1 < values.length);
    if (next === -1) return;
    at.fill(0, 0, next);
    at[next] = (at[next] as number) + 1;
  }
}

/** A task needs a GPU where it has some. */
function isPossible({ requires_gpu: needs, gpu_count: count }: Combination): boolean {
  return needs === undefined || count === undefined || needs === (count as number) > 0;
}
