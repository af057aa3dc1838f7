import { expect, test } from 'vitest';
import { parseDuration } from '../../src/core/parse-duration.ts';
import { parseSize } from '../../src/core/parse-size.ts';

test.for([
  ['0', 0],
  ['250ms', 250],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['30d', 2_592_000_000],
  ['2w', 1_209_600_000],
  [' 5 m ', 300_000],
  ['30', undefined],
  ['30 days', undefined],
  ['-1d', undefined],
  ['', undefined],
] as const)('the duration %j is %d ms', ([text, expected]) => {
  expect(parseDuration(text)).toBe(expected);
});

test.for([
  ['1024', 1024],
  ['512B', 512],
  ['500MB', 500_000_000],
  ['1.5GiB', 1_610_612_736],
  ['20 GB', 20_000_000_000],
  ['2k', 2000],
  ['1TiB', 1_099_511_627_776],
  ['GB', undefined],
  ['-5MB', undefined],
  ['5 apples', undefined],
] as const)('the size %j is %d bytes', ([text, expected]) => {
  expect(parseSize(text)).toBe(expected);
});
