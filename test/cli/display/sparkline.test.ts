import { expect, test } from 'vitest';
import { sparkline } from '../../../src/cli/display/sparkline.ts';

test.for([
  [[], ''],
  [[1], ''],
  [[1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇█'],
  [[3, 3, 3], '▁▁▁'],
  [[8, 0], '█▁'],
] as const)('%j is drawn as %j', ([values, expected]) => {
  expect(sparkline(values)).toBe(expected);
});

test('many values are as wide as they may be, by the means of neighbours', () => {
  const values = Array.from({ length: 1000 }, (_, index) => index);
  expect(sparkline(values, 8)).toBe('▁▂▃▄▅▆▇█');
});
