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

function nearest(unknown: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(unknown.length / 3));
  const ranked = names
    .slice(0, 1000)
    .map((name) => ({ name, distance: editDistance(unknown.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
