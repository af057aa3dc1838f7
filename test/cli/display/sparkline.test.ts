import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { metricText, sparkline } from '../../../src/cli/display/sparkline.ts';

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

test.each([
  ['its value and its way there', 0.5, [2, 1, 0.5], /^0\.5 {2}█▃▁$/],
  ['its value alone where one is known', 3, [3], /^3$/],
  ['its value alone where none is', 3, undefined, /^3$/],
] as const)('a metric is shown with %s', (_, value, values, text) => {
  expect(stripVTControlCharacters(metricText(value, values))).toMatch(text);
});
