import { expect, it } from 'vitest';
import { parseJobHandle } from '../../src/platforms/index.ts';

const handle = { platform: 'sagemaker', jobType: 'training', jobName: 'train-1' };

it('a handle that was kept as JSON comes back as it was', () => {
  for (const each of [
    handle,
    { ...handle, ref: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/train-1' },
  ])
    expect(parseJobHandle(JSON.parse(JSON.stringify(each)), "node 'a'")).toEqual(each);
});

it.each<[value: unknown, code: string, message: string]>([
  [null, 'HomeDamaged', "The handle of the job of node 'a' cannot be read: expected an object, got null."],
  [[handle], 'HomeDamaged', 'expected an object, got ['],
  [{ ...handle, platform: '' }, 'HomeDamaged', 'its platform: expected a text, got "".'],
  [{ ...handle, jobName: 7 }, 'HomeDamaged', 'its jobName: expected a text, got 7.'],
  [{ ...handle, ref: null }, 'HomeDamaged', 'its ref: expected a text, got null.'],
  [
    { ...handle, jobType: 'toString' },
    'HomeDamaged',
    'its jobType: expected one of training, processing, batch_transform, endpoint, got "toString".',
  ],
  [{ ...handle, region: 'x', zone: 1 }, 'HomeVersion', "its handle has 'region', 'zone', which this version"],
])('%j is refused', (value, code, message) => {
  let error: unknown;
  try {
    parseJobHandle(value, "node 'a'");
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
});
