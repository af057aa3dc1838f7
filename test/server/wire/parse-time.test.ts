import { expect, test } from 'vitest';
import { sagemakerModel } from '../../../src/server/wire/model/sagemaker.gen.ts';
import { parseInput } from '../../../src/server/wire/parse-input.ts';
import { parseTime } from '../../../src/server/wire/parse-time.ts';

test.each([
  ['2026-11-27T10:00:00Z', Date.UTC(2026, 10, 27, 10)],
  ['2026-11-27T10:00:00', Date.UTC(2026, 10, 27, 10)],
  ['2026-11-27T10:00:00.25+01:00', Date.UTC(2026, 10, 27, 9, 0, 0, 250)],
  ['2026-11-27', Date.UTC(2026, 10, 27)],
  ['Fri, 27 Nov 2026 10:00:00 GMT', Date.UTC(2026, 10, 27, 10)],
  ['1764237600.001', 1_764_237_600_001],
  ['1', 1000],
  ['November', Number.NaN],
  ['2026-13-45T99:99:99Z', Number.NaN],
  ['', Number.NaN],
])('the time %j is the same wherever the server is', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

test.each([
  [1.001, 1001],
  [1_764_237_600.289, 1_764_237_600_289],
  [-0.5, -500],
])('%d seconds lose no millisecond', (seconds, expected) => {
  const { value } = parseInput(sagemakerModel, 'ListTrainingJobsRequest', { CreationTimeAfter: seconds });
  expect(value['CreationTimeAfter']).toEqual(new Date(expected));
});

test.each([
  [2 ** 53 + 2, 'out of range of int'],
  [2 ** 31, 'out of range of int'],
  [-1e300, 'out of range of int'],
])('the number %d, which the type cannot hold, is refused, never changed', (MaxResults, message) => {
  expect(() => parseInput(sagemakerModel, 'ListTrainingJobsRequest', { MaxResults })).toThrow(message);
});
