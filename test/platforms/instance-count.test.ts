import { expect, test } from 'vitest';
import type { JobTask } from '../../src/graph/index.ts';
import { chooseInstanceCount } from '../../src/platforms/instance-count.ts';
import { choosePlatform } from '../../src/platforms/router/choose.ts';
import { factsOf } from '../../src/platforms/router/facts.ts';
import { someOptions } from './router/facts.ts';

test.each([
  ['nothing is known', {}, undefined, 1],
  [
    'an hour of work is to take half of it, of which machines take three minutes',
    { expectedDurationInSeconds: 3600, deadlineInSeconds: 1800 },
    undefined,
    3,
  ],
  ['72 GB are read, in an hour', {}, 72e9, 2],
  ['a little more', {}, 72e9 + 1, 3],
  ['the task knows better than what was found', { dataSizeInBytes: 36e9 }, 360e9, 1],
  ['there is no end of data', {}, 1e15, 20],
])('where %s', (_, task, bytes, count) => {
  expect(chooseInstanceCount({ ...task, autoInstanceCount: true } as JobTask, bytes)).toBe(count);
});

test('the plan shows how many there will be, and counts with them', () => {
  const task = {
    type: 'training',
    name: 'train',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    autoInstanceCount: true,
    expectedDurationInSeconds: 7200,
    deadlineInSeconds: 3600,
  };
  const facts = factsOf(task as JobTask);
  const { chosen } = choosePlatform(facts, someOptions({ enabled: ['local', 'sagemaker'] }));
  expect(chosen).toMatchObject({ platform: 'sagemaker', instanceCount: 3, seconds: 180 + 2400 });
});

test('a task that names no instance type is planned with the one of the settings', () => {
  const task = { type: 'training', name: 'train', instanceType: 'local', instanceCount: 1 };
  const settings = { sagemaker: { defaultInstanceType: 'ml.c5.xlarge' } };
  const options = someOptions({ enabled: ['local', 'sagemaker'], settings });
  expect(choosePlatform(factsOf(task as JobTask), options).chosen.instanceType).toBe('ml.c5.xlarge');
});
