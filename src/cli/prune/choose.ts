import type { Candidate, PruneLimits } from './candidate.ts';

/**
 * Which of the candidates go: all that are old enough; with `maxBytes`, of these the oldest, until what is left fits.
 * Pure.
 *
 * @param now milliseconds since 1970
 */
export function choose(
  candidates: readonly Candidate[],
  { olderThanMs = 0, maxBytes }: PruneLimits,
  now: number,
  totalBytes: number,
): Candidate[] {
  const old = candidates
    .filter(({ lastUsedAt }) => now - lastUsedAt >= olderThanMs)
    .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
  if (maxBytes === undefined) return old;
  let left = totalBytes;
  return old.filter(({ bytes }) => {
    if (left <= maxBytes) return false;
    left -= bytes;
    return true;
  });
}
