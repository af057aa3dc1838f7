import { expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import { SluiceError } from '../../../src/core/errors.ts';
import { checkJob, type ProcessingTask, type TrainingTask } from '../../../src/graph/index.ts';
import { jobNameOfKey } from '../../../src/platforms/aws/job-name.ts';
import { buildProcessingRequest } from '../../../src/platforms/request/processing-request.ts';
import { buildTrainingRequest } from '../../../src/platforms/request/training-request.ts';
import { checkRequest } from '../../../src/platforms/sagemaker/check-request.ts';
import { chooseImage } from '../../../src/platforms/sagemaker/choose-image.ts';
import { differingMembers } from '../../../src/platforms/sagemaker/same-request.ts';
import { applySettings } from '../../../src/platforms/settings/apply-settings.ts';

const roleArn = 'arn:aws:iam::123456789012:role/Exec';
const options = { account: DEFAULT_ACCOUNT, roleArn, codeUri: 's3://b/code/' };

function training(more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    type: 'training',
    name: 'train',
    interface: { inputs: {}, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 30,
    script: { entry: 'train.py', directory: '/code', whole: false },
    environment: {},
    maxRuntimeInSeconds: 600,
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
    ...more,
  };
}

function processing(more: Partial<ProcessingTask> = {}): ProcessingTask {
  const {
    channels: _channels,
    hyperparameters: _hyperparameters,
    metricDefinitions: _definitions,
    enableManagedSpotTraining: _spot,
    ...common
  } = training();
  return { ...common, type: 'processing', inputs: {}, outputs: {}, propertyFiles: {}, ...more };
}

const vpcConfig = { subnets: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] };
const keys = { volumeKmsKeyId: 'key-of-disks', outputKmsKeyId: 'key-of-outputs' };

test('says the network, the keys, the warm pool and further types as SageMaker takes them', () => {
  const task = training({
    vpcConfig,
    ...keys,
    keepAlivePeriodInSeconds: 600,
    instancePreferences: ['ml.m5.xlarge'],
  });
  const request = buildTrainingRequest(task, { task, inputs: {}, jobName: 'j' }, options);
  expect(request).toMatchObject({
    VpcConfig: { Subnets: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] },
    OutputDataConfig: { KmsKeyId: 'key-of-outputs' },
    ResourceConfig: {
      InstancePreferences: [{ InstanceType: 'ml.m5.large' }, { InstanceType: 'ml.m5.xlarge' }],
      InstanceCount: 1,
      VolumeKmsKeyId: 'key-of-disks',
      KeepAlivePeriodInSeconds: 600,
    },
  });
  expect(request.ResourceConfig).not.toHaveProperty('InstanceType');
  const process = processing({ vpcConfig, ...keys });
  expect(buildProcessingRequest(process, { task: process, inputs: {}, jobName: 'j' }, options)).toMatchObject(
    {
      NetworkConfig: { VpcConfig: { Subnets: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] } },
      ProcessingOutputConfig: { KmsKeyId: 'key-of-outputs' },
      ProcessingResources: { ClusterConfig: { InstanceType: 'ml.m5.large', VolumeKmsKeyId: 'key-of-disks' } },
    },
  );
});

test('asks for spot instances of one type: the others have their turn', () => {
  const task = training({ instancePreferences: ['ml.m5.xlarge'], enableManagedSpotTraining: true });
  const { ResourceConfig: resources } = buildTrainingRequest(
    task,
    { task, inputs: {}, jobName: 'j' },
    options,
  );
  expect(resources).toMatchObject({ InstanceType: 'ml.m5.large' });
  expect(resources).not.toHaveProperty('InstancePreferences');
});

test('takes from the settings what a task does not say', () => {
  const settings = { executionRole: roleArn, vpc: vpcConfig, ...keys };
  expect(applySettings('sagemaker', training(), settings)).toMatchObject({
    role: roleArn,
    vpcConfig,
    ...keys,
  });
  expect(applySettings('sagemaker', training({ volumeKmsKeyId: 'own' }), settings).volumeKmsKeyId).toBe(
    'own',
  );
});

test.each([
  ["instancePreferences: 'ml.m5.large' is named twice", { instancePreferences: ['ml.m5.large'] }],
  ["'ml.m5.huge' is no instance type", { instancePreferences: ['ml.m5.huge'] }],
  ['keepAlivePeriodInSeconds: expected 0 to 3600', { keepAlivePeriodInSeconds: 3601 }],
  ['vpcConfig.subnets: expected 1 to 16', { vpcConfig: { subnets: [], securityGroupIds: ['sg-1'] } }],
])('refuses %s before anything starts', (message, more) => {
  const problems: string[] = [];
  checkJob(training(more), (problem) => problems.push(problem));
  expect(problems.join('\n')).toContain(message);
});

test('names the member that SageMaker would refuse, before anything is uploaded', () => {
  const check = (more: Partial<TrainingTask>) => {
    const task = training(more);
    const request = buildTrainingRequest(task, { task, inputs: {}, jobName: 'j' }, options);
    return () => checkRequest(task, { type: 'training', request });
  };
  expect(check({})).not.toThrow();
  expect(check({ role: 'Exec' })).toThrow(
    "role: expected the ARN of a role, such as arn:aws:iam::123456789012:role/Name, got 'Exec'.",
  );
  expect(check({ s3OutputPath: 'file:///out' })).toThrow(
    'OutputDataConfig.S3OutputPath: expected a place such as s3://',
  );
  expect(check({ arguments: ['x'.repeat(300)] })).toThrow("arguments, characters of 'xxx");
  expect(check({ volumeSizeInGB: 20_000 })).toThrow('volumeSizeInGB: SageMaker takes 1 to 16384, got 20000.');
});

test('chooses an image for scripts that name none: of the settings, else for Python alone', () => {
  const node = training({ script: { entry: 'train.ts', directory: '/code', whole: false } });
  expect(chooseImage(training(), {}, true)).toMatchObject({ framework: 'scikit-learn' });
  expect(chooseImage(training(), { images: { python: 'py' } }, true)).toMatchObject({ image: 'py' });
  expect(chooseImage(node, { images: { node: 'n' } }, true)).toMatchObject({ image: 'n' });
  expect(chooseImage(node, {}, false)).toBe(node);
  let refused: unknown;
  try {
    chooseImage(node, {}, true);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(SluiceError);
  expect((refused as SluiceError).message).toBe(
    "Task 'train': SageMaker has no image with Node.js, in which 'train.ts' could run.",
  );
  expect((refused as SluiceError).hint).toContain('platforms.sagemaker.images.node');
});

test.each([
  ['run-20261128-1/train/1', 'run-20261128-1-train-1'],
  ['key', 'key'],
  ['Ünï', /^n-[0-9a-f]{12}$/],
  [`${'a'.repeat(80)}/b/1`, /^a{50}-[0-9a-f]{12}$/],
])('gives the key %s a name of its own, always the same', (key, name) => {
  expect(jobNameOfKey(key)).toMatch(name);
  expect(jobNameOfKey(key)).toBe(jobNameOfKey(key));
});

test('takes a described job for the one that was asked for, whatever the service has filled in', () => {
  const request = {
    Name: 'j',
    Environment: {},
    Spot: false,
    Resources: { Count: 1 },
    Tags: [{ Key: 'a' }],
    List: [{ A: 1 }],
  };
  const described = {
    Name: 'j',
    Resources: { Count: 1, Volume: 30 },
    List: [{ A: 1, B: 2 }],
    Status: 'Completed',
  };
  expect(differingMembers(request, described)).toEqual([]);
  expect(differingMembers({ ...request, Resources: { Count: 2 } }, described)).toEqual(['Resources']);
  expect(differingMembers({ ...request, List: [] }, described)).toEqual(['List']);
});
