import { expect, test } from 'vitest';
import type { JobTask } from '../../../src/graph/index.ts';
import { chooseInstanceCount } from '../../../src/platforms/sagemaker/choose-instance-count.ts';

test.each([
  ['nothing is known', {}, undefined, 1],
  [
    'an hour of work is to take half of it',
    { expectedDurationInSeconds: 3600, deadlineInSeconds: 1800 },
    undefined,
    2,
  ],
  ['72 GB are read, in an hour', {}, 72e9, 2],
  ['a little more', {}, 72e9 + 1, 3],
  ['the task knows better than what was found', { dataSizeInBytes: 36e9 }, 360e9, 1],
  ['there is no end of data', {}, 1e15, 20],
])('where %s', (_, task, bytes, count) => {
  expect(chooseInstanceCount(task as JobTask, bytes)).toBe(count);
});
