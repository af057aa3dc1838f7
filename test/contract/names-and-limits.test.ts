import { describe, expect, it } from 'vitest';
import { resourceArn } from '../../src/contract/arns.ts';
import * as limits from '../../src/contract/limits.ts';
import { baseName, uniqueName, validateChannelName, validateJobName } from '../../src/contract/names.ts';
import { relativeToMl } from '../../src/contract/paths.ts';

const time = new Date('2026-01-02T03:04:05.067Z');
const many = (count: number, value = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

describe('names', () => {
  it.each(['a', 'A-1', 'a--b', 'x'.repeat(63)])('accepts the job name %s', (name) => {
    expect(() => validateJobName(name)).not.toThrow();
  });

  it.each(['', '-a', 'a-', 'a_b', 'a b', 'ä', 'x'.repeat(64)])('refuses the job name %j', (name) => {
    expect(() => validateJobName(name, 'TrainingJobName')).toThrow(
      /^TrainingJobName: expected 1 to 63 letters/,
    );
  });

  it.each(['', '.', '..', 'a/b', 'x'.repeat(65)])('refuses the channel name %j', (name) => {
    expect(() => validateChannelName(name)).toThrow(/^ChannelName: expected/);
  });

  it.each([
    ['train', 'train-2026-01-02-03-04-05-067'],
    ['My_task.v2', 'My-task-v2-2026-01-02-03-04-05-067'],
    ['x'.repeat(60), `${'x'.repeat(39)}-2026-01-02-03-04-05-067`],
    [`${'x'.repeat(38)}-y`, `${'x'.repeat(38)}-2026-01-02-03-04-05-067`],
    ['___', 'job-2026-01-02-03-04-05-067'],
  ])('makes a unique name of %s', (base, expected) => {
    expect(uniqueName(base, time)).toBe(expected);
    expect(() => validateJobName(uniqueName(base, time))).not.toThrow();
  });

  it('makes any text a name', () => {
    expect(baseName('--a b/ç--')).toBe('a-b');
  });

  it.each([
    ['us-east-1', 'arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job'],
    ['cn-north-1', 'arn:aws-cn:sagemaker:cn-north-1:123456789012:training-job/my-job'],
    ['us-gov-west-1', 'arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:training-job/my-job'],
  ])('makes an ARN in %s', (region, arn) => {
    expect(resourceArn({ accountId: '123456789012', region }, 'training-job', 'My-Job')).toBe(arn);
  });

  it.each([
    ['/opt/ml', ''],
    ['/opt/ml/a//b/./c', 'a/b/c'],
    ['/opt/mlx', undefined],
    ['/opt/ml/../x', undefined],
    ['/usr', undefined],
  ])('finds %s under /opt/ml as %j', (path, expected) => {
    expect(relativeToMl(path)).toBe(expected);
  });
});

const NO_PROBLEM = /^$/;

function problemOf(validate: () => void): string {
  try {
    validate();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('limits', () => {
  it.each<[string, () => void, RegExp]>([
    ['100 hyperparameters', () => limits.validateHyperparameters(many(100)), NO_PROBLEM],
    [
      '101 hyperparameters',
      () => limits.validateHyperparameters(many(101)),
      /^HyperParameters: expected at most 100 entries, got 101\.$/,
    ],
    ['a value of 2500 characters', () => limits.validateHyperparameters({ a: 'x'.repeat(2500) }), NO_PROBLEM],
    [
      'a value of 2501 characters',
      () => limits.validateHyperparameters({ a: 'x'.repeat(2501) }),
      /^HyperParameters\.a: expected at most 2500 characters, got 2501\.$/,
    ],
    [
      'a key of 257 characters',
      () => limits.validateHyperparameters({ ['k'.repeat(257)]: '' }),
      /at most 256 characters, got 257/,
    ],
    ['an empty key', () => limits.validateHyperparameters({ '': '' }), /a key is empty/],
    [
      'a number as hyperparameter',
      () => limits.validateHyperparameters({ a: 1 as unknown as string }),
      /HyperParameters\.a: expected a string, got 1/,
    ],
    [
      'a wrong variable name',
      () => limits.validateEnvironment({ 'A-B': '' }),
      /^Environment: expected names/,
    ],
    [
      'a value with NUL',
      () => limits.validateEnvironment({ A: 'a\0b' }),
      /^Environment\.A: the value holds a NUL/,
    ],
    [
      '41 metric definitions',
      () => limits.validateMetricDefinitions(Array.from({ length: 41 }, () => ({ Name: 'a', Regex: 'b' }))),
      /at most 40 entries, got 41/,
    ],
    [
      'a regex of 501 characters',
      () => limits.validateMetricDefinitions([{ Name: 'a', Regex: 'x'.repeat(501) }]),
      /^MetricDefinitions\[0\]\.Regex: expected at most 500/,
    ],
    [
      'a metric without a name',
      () => limits.validateMetricDefinitions([{ Name: '', Regex: 'x' }]),
      /^MetricDefinitions\[0\]\.Name: expected a name/,
    ],
    [
      'a processing path',
      () => limits.validateProcessingLocalPath('/opt/ml/processing/in/x', 'a'),
      NO_PROBLEM,
    ],
    [
      'a path elsewhere',
      () => limits.validateProcessingLocalPath('/tmp/x', 'ProcessingInputs[0].S3Input'),
      /^ProcessingInputs\[0\]\.S3Input\.LocalPath: expected a path below/,
    ],
    [
      'a path that leaves',
      () => limits.validateProcessingLocalPath('/opt/ml/processing/../x', 'a'),
      /LocalPath/,
    ],
    [
      'spot without a wait',
      () => limits.validateSpotTimes(true, 60, undefined),
      /^MaxWaitTimeInSeconds: expected a number/,
    ],
    [
      'a wait below the runtime',
      () => limits.validateSpotTimes(true, 3600, 1800),
      /expected at least MaxRuntimeInSeconds \(3600\), got 1800/,
    ],
    [
      'a wait without spot',
      () => limits.validateSpotTimes(false, 60, 60),
      /may only be given when EnableManagedSpotTraining/,
    ],
    ['a wait that is enough', () => limits.validateSpotTimes(true, 60, 60), NO_PROBLEM],
    [
      'a payload of 101 MB',
      () => limits.validateTransformLoad(101),
      /^MaxPayloadInMB: expected 0 to 100, got 101/,
    ],
    ['too much at once', () => limits.validateTransformLoad(50, 3), /expected at most 100, got 3 \* 50/],
  ])('judges %s', (_name, validate, message) => {
    expect(problemOf(validate)).toMatch(message);
  });
});
