import { expect, test } from 'vitest';
import { expectedDuration } from '../../../src/home/plan/learn-durations.ts';

const GB = 1e9;

test('a task is expected to take what half of its runs took, and nine of ten at most', () => {
  const samples = [100, 200, 300, 400, 1000].map((seconds) => ({ platform: 'local', seconds }));
  expect(expectedDuration(samples, undefined)).toEqual({
    seconds: 300,
    slowSeconds: 760,
    on: { local: 300 },
  });
  expect(expectedDuration([], undefined)).toBeUndefined();
});

test('what it took is scaled by the size of the data where that is known of both', () => {
  const samples = [
    { platform: 'local', seconds: 100, dataSizeBytes: GB },
    { platform: 'sagemaker', seconds: 50, dataSizeBytes: 2 * GB },
    { platform: 'sagemaker', seconds: 50, dataSizeBytes: 2 * GB },
  ];
  expect(expectedDuration(samples, 4 * GB)).toEqual({
    seconds: 100,
    slowSeconds: 340,
    on: { local: 400, sagemaker: 100 },
  });
  expect(expectedDuration(samples, undefined)?.seconds).toBe(50);
});
