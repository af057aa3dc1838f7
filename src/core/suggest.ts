/** The longest names that are compared, characters. */
const MAX_LENGTH = 100;

/** A sentence on what exists in place of an unknown name: what was probably meant, and the whole list. */
export function suggest(unknown: string, known: Iterable<string>): string {
  const names = [...known];
  if (names.length === 0) return 'There are none.';
  const list = names.length > 20 ? `${names.slice(0, 20).join(', ')}, …` : names.join(', ');
  return [didYouMean(unknown, names), `There ${names.length === 1 ? 'is' : 'are'}: ${list}.`]
    .filter(Boolean)
    .join(' ');
}

/** `Did you mean 'x'?`, or nothing where no name is near. */
export function didYouMean(unknown: string, known: readonly string[]): string {
  const near = nearest(unknown, known);
  return near === undefined ? '' : `Did you mean '${near}'?`;
}

/** The name that is nearest as a whole, else one that has a part that is near: `dpeth` is `max_depth`, `role` is `executionRole`. */
function nearest(unknown: string, names: readonly string[]): string | undefined {
  // Longer ones are no slips of a finger, and comparing them takes long.
  if (unknown.length > MAX_LENGTH) return undefined;
  const candidates = names.slice(0, 1000).filter(({ length }) => length <= MAX_LENGTH);
  const distanceTo = (name: string) => editDistance(unknown.toLowerCase(), name.toLowerCase());
  const near = closest(candidates, distanceTo, Math.max(1, Math.floor(unknown.length / 3)));
  if (near !== undefined || unknown.length < 4) return near;
  return closest(candidates, (name) => Math.min(...name.split(/[_-]|(?=[A-Z])/).map(distanceTo)), 1);
}

function closest(
  names: readonly string[],
  distanceTo: (name: string) => number,
  limit: number,
): string | undefined {
  let best: string | undefined;
  let least = limit + 1;
  for (const name of names) {
    const distance = distanceTo(name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Levenshtein's distance, where two letters in the wrong order count once. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? substitution) + 1 : substitution;
      next.push(Math.min(substitution, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
