import { describe, expect, test } from 'vitest';
import type { SageMakerSettings } from '../../../src/core/platforms-settings.ts';
import type { BatchTransformTask, JobTask, ProcessingTask, TrainingTask } from '../../../src/graph/index.ts';
import { applySettings, outputUriUnder } from '../../../src/platforms/index.ts';

const common = {
  name: 'step',
  file: 'pipeline.ts:3',
  interface: { inputs: {}, outputs: {} },
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  volumeSizeInGB: 30,
  environment: {},
  maxRuntimeInSeconds: 86_400,
};
const training: TrainingTask = {
  ...common,
  type: 'training',
  channels: {},
  hyperparameters: {},
  metricDefinitions: [],
  enableManagedSpotTraining: false,
};
const processing: ProcessingTask = {
  ...common,
  type: 'processing',
  inputs: {},
  outputs: {},
  propertyFiles: {},
};
const transform: BatchTransformTask = {
  ...common,
  type: 'batch_transform',
  splitType: 'None',
  compressionType: 'None',
  assembleWith: 'None',
};

const apply = <Task extends JobTask>(task: Task, settings: SageMakerSettings) =>
  applySettings('sagemaker', task, settings);

test('what a task does not say comes from the configuration', () => {
  const settings: SageMakerSettings = {
    executionRole: 'arn:aws:iam::123456789012:role/R',
    defaultInstanceType: 'ml.c5.xlarge',
    enableSpotInstances: true,
    maxRuntimeSeconds: 3600,
    processing: { frameworks: { sklearn: '0.23-1' } },
    batchTransform: { maxPayloadMB: 6, maxConcurrentTransforms: 4 },
  };
  expect(apply({ ...training, instanceType: 'local' }, settings)).toMatchObject({
    role: 'arn:aws:iam::123456789012:role/R',
    instanceType: 'ml.c5.xlarge',
    enableManagedSpotTraining: true,
    maxRuntimeInSeconds: 3600,
    maxWaitTimeInSeconds: 3600,
  });
  expect(apply({ ...processing, framework: 'scikit-learn' }, settings)).toMatchObject({
    frameworkVersion: '0.23-1',
  });
  expect(apply(transform, settings)).toMatchObject({ maxPayloadInMB: 6, maxConcurrentTransforms: 4 });
});

test('what a task says stays', () => {
  const settings: SageMakerSettings = {
    executionRole: 'arn:aws:iam::123456789012:role/R',
    enableSpotInstances: true,
    processing: { frameworks: { sklearn: '0.23-1' } },
    batchTransform: { maxPayloadMB: 6 },
  };
  expect(apply({ ...training, role: 'mine', spot: false }, settings)).toMatchObject({
    role: 'mine',
    enableManagedSpotTraining: false,
  });
  const framework = { framework: 'sklearn', frameworkVersion: '1.2-1' };
  expect(apply({ ...processing, ...framework }, settings)).toMatchObject(framework);
  expect(apply({ ...transform, maxPayloadInMB: 1 }, settings)).toMatchObject({ maxPayloadInMB: 1 });
});

describe('what the configuration does not allow is refused with its setting', () => {
  test.each<[string, JobTask, SageMakerSettings, RegExp]>([
    [
      'an instance type',
      training,
      { training: { instanceTypes: ['ml.m5.xlarge'] } },
      /Task 'step' \(pipeline\.ts:3\): instanceType: the configuration allows one of ml\.m5\.xlarge \(platforms\.sagemaker\.training\.instanceTypes\); got 'ml\.m5\.large'/,
    ],
    [
      'a default that is not allowed',
      { ...processing, instanceType: 'local' },
      { processing: { instanceTypes: ['ml.m5.xlarge'] } },
      /processing\.instanceTypes\); got 'ml\.m5\.large'/,
    ],
    [
      'a longer run',
      { ...training, maxRuntimeInSeconds: 7200 },
      { maxRuntimeSeconds: 3600 },
      /at most 3600 .*maxRuntimeSeconds.*got '7200'/,
    ],
    [
      'a larger payload',
      { ...transform, maxPayloadInMB: 7 },
      { batchTransform: { maxPayloadMB: 6 } },
      /at most 6 .*batchTransform\.maxPayloadMB.*got '7'/,
    ],
    [
      'more transforms at once',
      { ...transform, maxConcurrentTransforms: 9 },
      { batchTransform: { maxConcurrentTransforms: 4 } },
      /at most 4 .*maxConcurrentTransforms.*got '9'/,
    ],
  ])('%s', (_, task, settings, message) => {
    expect(() => apply(task, settings)).toThrow(
      expect.objectContaining({
        code: 'NotAllowed',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});

test('a placeholder that was left is named before anything is sent', () => {
  const executionRole = 'arn:aws:iam::ACCOUNT:role/SageMakerExecutionRole';
  for (const platform of ['sagemaker', 'batch', 'emr'] as const)
    expect(() => applySettings(platform, training, { executionRole })).toThrow(
      `platforms.${platform}.executionRole: fill in the twelve digits of your AWS account in place of ACCOUNT`,
    );
});

test('outputs go under the output path of their type', () => {
  const settings = { training: { outputPath: 's3://bucket/training/' } };
  const invocation = { inputs: {}, jobName: 'job', outputUri: 's3://other/run/node' };
  expect(outputUriUnder({ ...invocation, task: training }, settings)).toBe('s3://bucket/training/job');
  expect(outputUriUnder({ ...invocation, task: processing }, settings)).toBe('s3://other/run/node');
});
