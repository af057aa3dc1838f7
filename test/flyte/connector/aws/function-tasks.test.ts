import { expect, test } from 'vitest';
import type { PlatformsSettings } from '../../../../src/core/platforms-settings.ts';
import {
  planBatchFunction,
  smallestInstanceType,
} from '../../../../src/flyte/connector/aws/batch-function.ts';
import { planSageMakerFunction } from '../../../../src/flyte/connector/aws/sagemaker-function.ts';
import type { FlyteTask } from '../../../../src/flyte/connector/flyte-task.ts';
import type { PlannedRun } from '../../../../src/flyte/connector/runs/run-task-type.ts';
import { flyteTaskTypes } from '../../../../src/flyte/connector/task-types.ts';
import { type JobTask, parseGraph } from '../../../../src/graph/index.ts';
import { flyteTask } from './harness.ts';

const ROLE = 'arn:aws:iam::123456789012:role/Jobs';
const STORE = 's3://jobs/e-n0-0/flyte';
const container = {
  image: 'me/flytekit:1',
  args: ['pyflyte-execute', '--inputs', 's3://f/inputs.pb', '--output-prefix', 's3://f/out/0', 'Ref::mode'],
  env: [{ key: 'FLYTE_INTERNAL_IMAGE', value: 'me/flytekit:1' }],
};
const custom = {
  execution_role_arn: ROLE,
  region: 'us-east-1',
  instance_type: 'ml.c5.xlarge',
  instance_count: 1,
  volume_size_in_gb: 50,
  max_runtime_in_seconds: 600,
  environment: { MODE: 'fast' },
  kms_key_id: 'key',
  tags: { team: 'a' },
  job_name_prefix: 'mine-',
};
const vpc = { Subnets: ['subnet-1'], SecurityGroupIds: ['sg-1'] };

function task(own: FlyteTask['custom'], more: Partial<Omit<FlyteTask, 'attempt'>> = {}): FlyteTask {
  return flyteTask(null, { custom: own, container, environment: { FROM: 'execution' }, ...more });
}

/** The one task of a run's graph, which has the right form. */
async function jobOf({ graph }: PlannedRun): Promise<JobTask> {
  return Object.values((await parseGraph(JSON.stringify(graph))).tasks)[0] as JobTask;
}

const sagemaker: PlatformsSettings = { sagemaker: { region: 'us-east-1' } };
const plan = (type: 'training' | 'processing', own: FlyteTask['custom'], platforms = sagemaker) =>
  planSageMakerFunction(task(own), type, STORE, platforms);

test('a function of SageMakerTraining is a training job with all that its configuration says', async () => {
  const own = { ...custom, vpc_config: vpc, output_s3_path: 's3://models/' };
  expect(await jobOf(plan('training', own))).toMatchObject({
    type: 'training',
    platform: 'sagemaker',
    image: 'me/flytekit:1',
    command: ['pyflyte-execute'],
    role: ROLE,
    instanceType: 'ml.c5.xlarge',
    volumeSizeInGB: 50,
    maxRuntimeInSeconds: 600,
    environment: { FLYTE_INTERNAL_IMAGE: 'me/flytekit:1', FROM: 'execution', MODE: 'fast' },
    volumeKmsKeyId: 'key',
    tags: { team: 'a' },
    vpcConfig: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
    s3OutputPath: 's3://models/',
  });
});

test('a function of SageMakerProcessing is a processing job, on this machine where there is no SageMaker', async () => {
  const job = await jobOf(plan('processing', { ...custom, network_config: { VpcConfig: vpc } }, {}));
  expect(job).toMatchObject({
    type: 'processing',
    platform: 'local',
    vpcConfig: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] },
    arguments: expect.arrayContaining([
      '/opt/ml/processing/input/flyte/inputs.pb',
      '/opt/ml/processing/output/flyte',
    ]),
  });
});

test('what may be interrupted runs on spot machines', async () => {
  const planned = planSageMakerFunction(task(custom, { interruptible: true }), 'training', STORE, sagemaker);
  expect(await jobOf(planned)).toMatchObject({ spot: true });
});

test.each([
  ['several instances', { ...custom, instance_count: 2 }, 'custom.instance_count: expected 1, got 2.'],
  ['another region', { ...custom, region: 'eu-west-1' }, "custom.region: expected 'us-east-1'"],
  ['no network', { ...custom, network_config: { EnableNetworkIsolation: true } }, 'EnableNetworkIsolation'],
])('%s: said to be wrong', (_, own, message) => {
  expect(() => plan('processing', own)).toThrow(expect.objectContaining({ fault: 'user' }));
  expect(() => plan('processing', own)).toThrow(message);
});

test('a region is not looked at where another server speaks SageMaker’s API', async () => {
  const own = { ...custom, region: 'eu-west-1' };
  const platforms = { sagemaker: { region: 'us-east-1', endpoint: 'http://127.0.0.1:4777' } };
  expect(await jobOf(plan('processing', own, platforms))).toMatchObject({ platform: 'sagemaker' });
});

test('a task without a container says what it needs', () => {
  const bare = task(custom, { container: undefined });
  expect(() => planSageMakerFunction(bare, 'training', STORE, sagemaker)).toThrow('has no container');
});

test('a function of AWSBatchConfig is a job of the platform batch, of the size that its container asks for', async () => {
  const own = {
    parameters: { mode: 'fast' },
    tags: { team: 'a' },
    platformCapabilities: 'EC2',
    propagateTags: true,
  };
  const resources = {
    requests: [
      { name: 'CPU', value: '3' },
      { name: 'MEMORY', value: '500Mi' },
    ],
  };
  const job = await jobOf(planBatchFunction(task(own, { container: { ...container, resources } }), STORE));
  expect(job).toMatchObject({
    type: 'processing',
    platform: 'batch',
    instanceType: 'ml.c5.xlarge',
    tags: { team: 'a' },
  });
  expect(job.arguments).toContain('fast');
  expect(job.arguments).not.toContain('Ref::mode');
});

test.each([
  [[], 'ml.c5.large'],
  [[{ name: 'CPU', value: '500m' }], 'ml.c5.large'],
  [[{ name: 'MEMORY', value: '12Gi' }], 'ml.r5.large'],
  [[{ name: 'GPU', value: '1' }], 'ml.g4dn.xlarge'],
])('%j fit %s', (limits, name) => {
  expect(smallestInstanceType({ resources: { limits } })).toBe(name);
});

test.each([
  [{ name: 'CPU', value: '1000' }, 'No instance type has 1000 CPUs'],
  [{ name: 'MEMORY', value: 'much' }, "asks for 'much': expected a quantity"],
])('%j: said to be wrong', (limit, message) => {
  expect(() => smallestInstanceType({ resources: { limits: [limit] } })).toThrow(message);
});

test('Fargate is refused', () => {
  expect(() => planBatchFunction(task({ platformCapabilities: 'FARGATE' }), STORE)).toThrow("expected 'EC2'");
});

test('aws-batch is served where there are settings of Batch: Propeller has a plugin of its own for it', () => {
  expect(flyteTaskTypes({})).not.toHaveProperty('aws-batch');
  expect(flyteTaskTypes({ batch: { jobQueue: 'jobs' } })).toHaveProperty('aws-batch');
});
