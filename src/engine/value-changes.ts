import { isDeepStrictEqual } from 'node:util';

/** The longest value that is shown, characters. */
const LONGEST = 40;

/** What differs between two JSON values, by the paths of their parts: `hyperparameters.depth 3 → 4`. Pure. */
export function valueChanges(before: unknown, after: unknown, path: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  // A variable of a job may be a secret.
  if (path.startsWith('environment.')) return [`${path} changed`];
  if (!isRecord(before) || !isRecord(after)) return [`${path} ${show(before)} → ${show(after)}`.trim()];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    valueChanges(before[name], after[name], path === '' ? name : `${path}.${name}`),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
