import type { Random } from './random.ts';
import { strangeText, strangeValue } from './strange-values.ts';

/** A value of JSON in which some parts are changed, left out, doubled or added. */
export function mutateJson(random: Random, value: unknown): unknown {
  if (random.chance(0.08)) return strangeValue(random);
  if (Array.isArray(value)) return mutateList(random, value);
  if (typeof value === 'object' && value !== null) return mutateObject(random, value);
  if (!random.chance(0.15)) return value;
  return typeof value === 'string' ? mutateText(random, value) : strangeValue(random);
}

/** A text in which some characters are changed, left out, doubled or added. */
export function mutateText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return random.pick([
    () => strangeText(random),
    () => text.slice(0, at),
    () => text.slice(at),
    () => text + text,
    () => text.slice(0, at) + strangeText(random) + text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1),
    () => text.toUpperCase(),
  ])();
}

function mutateList(random: Random, list: readonly unknown[]): unknown[] {
  const items = list.flatMap((each) => {
    if (random.chance(0.05)) return [];
    const changed = mutateJson(random, each);
    return random.chance(0.05) ? [changed, changed] : [changed];
  });
  return random.chance(0.03) ? Array.from({ length: 300 }, () => items[0] ?? null) : items;
}

function mutateObject(random: Random, object: object): Record<string, unknown> {
  const entries = Object.entries(object).flatMap(([key, each]): [string, unknown][] => {
    if (random.chance(0.05)) return [];
    return [[random.chance(0.02) ? mutateText(random, key) : key, mutateJson(random, each)]];
  });
  if (random.chance(0.05)) entries.push([strangeText(random), strangeValue(random)]);
  return Object.fromEntries(entries);
}
