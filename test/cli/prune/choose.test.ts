import { expect, test } from 'vitest';
import type { Candidate } from '../../../src/cli/prune/candidate.ts';
import { choose } from '../../../src/cli/prune/choose.ts';

const candidate = (name: string, lastUsedAt: number, bytes: number): Candidate => ({
  kind: 'jobs',
  name,
  lastUsedAt,
  bytes,
  remove: async () => true,
});
const all = [candidate('newest', 90, 10), candidate('oldest', 10, 30), candidate('middle', 50, 20)];

test.for([
  ['without a limit, everything', {}, ['oldest', 'middle', 'newest']],
  ['what is old enough', { olderThanMs: 50 }, ['oldest', 'middle']],
  ['the oldest, until the rest fits', { maxBytes: 80 }, ['oldest']],
  ['nothing where all fits', { maxBytes: 100 }, []],
  ['of what is old enough, until the rest fits', { olderThanMs: 60, maxBytes: 10 }, ['oldest']],
] as const)('%s goes', ([, limits, expected]) => {
  expect(choose(all, limits, 100, 100).map(({ name }) => name)).toEqual(expected);
});
