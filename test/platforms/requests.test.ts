import { describe, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import type { BatchTransformTask, ProcessingTask, TrainingTask } from '../../src/graph/types.ts';
import { buildProcessingRequest } from '../../src/platforms/request/processing-request.ts';
import { buildTrainingRequest } from '../../src/platforms/request/training-request.ts';
import { buildTransformRequests } from '../../src/platforms/request/transform-request.ts';

const options = {
  account: DEFAULT_ACCOUNT,
  roleArn: 'arn:aws:iam::123456789012:role/R',
  codeUri: 's3://b/run/node/job-1/code/',
};

const common = {
  interface: { inputs: {}, outputs: {} },
  instanceType: 'ml.m5.xlarge',
  instanceCount: 2,
  volumeSizeInGB: 30,
  environment: { A: 'b' },
  maxRuntimeInSeconds: 3600,
} as const;

const training: TrainingTask = {
  ...common,
  type: 'training',
  name: 'train',
  script: { entry: 'train.py', directory: '/src', whole: true },
  arguments: ['--x'],
  tags: { team: 'ml' },
  channels: {
    train: { contentType: 'text/csv', inputMode: 'Pipe', compressionType: 'Gzip', shuffleSeed: 3 },
    unused: {},
  },
  hyperparameters: { epochs: 3, name: 'x', flag: true, version: '1.10' },
  distribution: { mpi: { enabled: true, processes_per_host: 2 } },
  metricDefinitions: [{ Name: 'loss', Regex: 'loss: (.*)' }],
  enableManagedSpotTraining: true,
  maxWaitTimeInSeconds: 7200,
  checkpoint: { localPath: '/opt/ml/checkpoints' },
};

test('a training task becomes CreateTrainingJob', () => {
  const inputs = { train: 's3://b/train', hyperparameters: { epochs: 5 } };
  const invocation = { task: training, inputs, jobName: 'job-1', outputUri: 's3://b/run/node' };
  expect(buildTrainingRequest(training, invocation, options)).toEqual({
    TrainingJobName: 'job-1',
    RoleArn: 'arn:aws:iam::123456789012:role/R',
    AlgorithmSpecification: {
      TrainingImage: 'sluice/python:3',
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'loss', Regex: 'loss: (.*)' }],
      ContainerArguments: ['--x'],
    },
    HyperParameters: {
      epochs: '5',
      name: 'x',
      flag: 'true',
      version: '"1.10"',
      sagemaker_mpi_enabled: 'true',
      sagemaker_mpi_num_of_processes_per_host: '2',
      sagemaker_program: '"train.py"',
      sagemaker_submit_directory: '"s3://b/run/node/job-1/code/sourcedir.tar.gz"',
      sagemaker_container_log_level: '20',
      sagemaker_job_name: '"job-1"',
      sagemaker_region: '"us-east-1"',
    },
    InputDataConfig: [
      {
        ChannelName: 'train',
        ContentType: 'text/csv',
        CompressionType: 'Gzip',
        InputMode: 'Pipe',
        ShuffleConfig: { Seed: 3 },
        DataSource: {
          S3DataSource: {
            S3DataType: 'S3Prefix',
            S3Uri: 's3://b/train',
            S3DataDistributionType: 'FullyReplicated',
          },
        },
      },
    ],
    OutputDataConfig: { S3OutputPath: 's3://b/run/node' },
    ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
    EnableManagedSpotTraining: true,
    Environment: { A: 'b' },
    CheckpointConfig: { S3Uri: 's3://b/run/node/job-1/checkpoints', LocalPath: '/opt/ml/checkpoints' },
    Tags: [{ Key: 'team', Value: 'ml' }],
  });
});

test('a processing task becomes CreateProcessingJob', () => {
  const task: ProcessingTask = {
    ...common,
    type: 'processing',
    name: 'split',
    script: { entry: 'split.ts', directory: '/src', whole: false },
    inputs: { raw: { localPath: '/opt/ml/processing/input/raw', inputMode: 'File' } },
    outputs: { train: { localPath: '/opt/ml/processing/output/train', uploadMode: 'Continuous' } },
    propertyFiles: {},
  };
  const invocation = { task, inputs: { raw: 'file:///data/' }, jobName: 'job-1' };
  const request = buildProcessingRequest(task, invocation, options);
  expect(request.AppSpecification).toEqual({
    ImageUri: 'sluice/node:24',
    ContainerEntrypoint: ['node', '/opt/ml/processing/input/code/split.ts'],
  });
  expect(request.ProcessingInputs?.map((input) => [input.InputName, input.S3Input?.S3Uri])).toEqual([
    ['raw', 'file:///data/'],
    ['code', 's3://b/run/node/job-1/code/'],
  ]);
  expect(request.ProcessingOutputConfig?.Outputs?.[0]?.S3Output).toEqual({
    S3Uri: 's3://sagemaker-us-east-1-123456789012/job-1/output/train',
    LocalPath: '/opt/ml/processing/output/train',
    S3UploadMode: 'Continuous',
  });
});

const transform: BatchTransformTask = {
  ...common,
  type: 'batch_transform',
  name: 'predict',
  script: { entry: 'inference.ts', directory: '/src', whole: true },
  contentType: 'text/csv',
  accept: 'text/csv',
  splitType: 'Line',
  compressionType: 'None',
  assembleWith: 'Line',
  strategy: 'MultiRecord',
  maxPayloadInMB: 6,
  dataProcessing: { inputFilter: '$[1:]', joinSource: 'Input' },
};

describe('a batch transform task', () => {
  const inputs = { model: 's3://b/model.tar.gz', input: 's3://b/in' };

  test('becomes CreateModel and CreateTransformJob', () => {
    const invocation = { task: transform, inputs, jobName: 'job-1' };
    const { model, job } = buildTransformRequests(transform, invocation, options);
    expect(model?.PrimaryContainer).toEqual({
      Image: 'sluice/node:24',
      ModelDataUrl: 's3://b/model.tar.gz',
      Environment: {
        A: 'b',
        SAGEMAKER_PROGRAM: 'inference.ts',
        SAGEMAKER_SUBMIT_DIRECTORY: 's3://b/run/node/job-1/code/sourcedir.tar.gz',
        SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
        SAGEMAKER_REGION: 'us-east-1',
      },
    });
    expect(job).toMatchObject({
      ModelName: 'job-1',
      BatchStrategy: 'MultiRecord',
      MaxPayloadInMB: 6,
      TransformInput: { SplitType: 'Line', ContentType: 'text/csv' },
      TransformOutput: {
        S3OutputPath: 's3://sagemaker-us-east-1-123456789012/job-1/output',
        AssembleWith: 'Line',
        Accept: 'text/csv',
      },
      DataProcessing: { InputFilter: '$[1:]', JoinSource: 'Input' },
    });
  });

  test('of an existing model makes none', () => {
    const { script: _, ...rest } = transform;
    const task = { ...rest, modelName: 'mine' };
    const requests = buildTransformRequests(task, { task, inputs, jobName: 'job-1' }, options);
    expect(requests.model).toBeUndefined();
    expect(requests.job.ModelName).toBe('mine');
  });

  test('without its input is refused', () => {
    const invocation = { task: transform, inputs: { model: 's3://b/m' }, jobName: 'job-1' };
    expect(() => buildTransformRequests(transform, invocation, options)).toThrow(
      "no value for input 'input'",
    );
  });
});

test.each([
  [{ image: 'mine:1' }, 'mine:1'],
  [
    { framework: 'pytorch', frameworkVersion: '2.5.1' },
    '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py3',
  ],
  [
    { framework: 'pytorch', frameworkVersion: '2.5.1', instanceType: 'ml.g5.xlarge' },
    '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-gpu-py3',
  ],
  [
    { framework: 'sklearn' },
    '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3',
  ],
  [
    { framework: 'xgboost', frameworkVersion: '1.7-1' },
    '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1',
  ],
  [{ script: { entry: 'run.sh', directory: '/', whole: false } }, 'sluice/node:24'],
])('the image of %j is %s', (more, image) => {
  const task = { ...training, ...more };
  const invocation = { task, inputs: {}, jobName: 'job-1' };
  const { AlgorithmSpecification: algorithm } = buildTrainingRequest(task, invocation, options);
  expect(algorithm?.TrainingImage).toBe(image);
});

test('an input that is no URI is refused', () => {
  const invocation = { task: training, inputs: { train: 5 }, jobName: 'job-1' };
  expect(() => buildTrainingRequest(training, invocation, options)).toThrow(/Input 'train'.*got 5/);
});

test('a task may fix where its outputs go', () => {
  const place = { jobName: 'job-1', inputs: { model: 's3://b/m', input: 's3://b/in', raw: 's3://b/raw' } };
  const fixed = { ...training, s3OutputPath: 's3://mine/models' };
  expect(buildTrainingRequest(fixed, { task: fixed, ...place }, options).OutputDataConfig).toEqual({
    S3OutputPath: 's3://mine/models',
  });
  const predict = { ...transform, s3OutputPath: 's3://mine/predictions/' };
  const { job } = buildTransformRequests(predict, { task: predict, ...place }, options);
  expect(job.TransformOutput?.S3OutputPath).toBe('s3://mine/predictions/');
  const split: ProcessingTask = {
    ...common,
    type: 'processing',
    name: 'split',
    image: 'x/y:1',
    inputs: {},
    outputs: {
      parts: {
        localPath: '/opt/ml/processing/output/parts',
        uploadMode: 'EndOfJob',
        s3Uri: 's3://mine/parts/',
      },
    },
    propertyFiles: {},
  };
  const request = buildProcessingRequest(split, { task: split, ...place }, options);
  expect(request.ProcessingOutputConfig?.Outputs?.[0]?.S3Output?.S3Uri).toBe('s3://mine/parts/');
});

test('the code of a training job is no channel: data may be called so', () => {
  const task = { ...training, channels: { code: {} } };
  const invocation = { task, inputs: { code: 's3://b/data' }, jobName: 'job-1' };
  const request = buildTrainingRequest(task, invocation, options);
  expect(request.InputDataConfig?.map(({ ChannelName }) => ChannelName)).toEqual(['code']);
});

test("a hyperparameter of an algorithm is sent as SageMaker's own API has it", () => {
  const { script: _script, distribution: _distribution, ...rest } = training;
  const task = { ...rest, framework: 'xgboost' };
  const { codeUri: _codeUri, ...withoutCode } = options;
  const request = buildTrainingRequest(task, { task, inputs: {}, jobName: 'job-1' }, withoutCode);
  expect(request.HyperParameters).toEqual({ epochs: '3', name: 'x', flag: 'true', version: '1.10' });
});

test('a processing job whose code brings a requirements.txt installs it, as FrameworkProcessor does', () => {
  const task: ProcessingTask = {
    ...common,
    type: 'processing',
    name: 'split',
    script: { entry: 'split.py', directory: '/src', whole: true },
    inputs: {},
    outputs: {},
    propertyFiles: {},
  };
  const request = buildProcessingRequest(
    task,
    { task, inputs: {}, jobName: 'job-1' },
    { ...options, requirements: true },
  );
  expect(request.AppSpecification?.ContainerEntrypoint).toEqual([
    '/bin/sh',
    '-c',
    'cd "$0" && python3 -m pip install -r requirements.txt && exec "$@"',
    '/opt/ml/processing/input/code',
    'python3',
    '/opt/ml/processing/input/code/split.py',
  ]);
});

test('values that a processing job is given stand in its environment, in pieces of 256 characters', () => {
  const task: ProcessingTask = {
    ...common,
    type: 'processing',
    name: 'prepare',
    image: 'i',
    inputs: {},
    outputs: {},
    propertyFiles: {},
    parameters: ['text', 'count', 'absent'],
  };
  const inputs = { text: `é"${'x'.repeat(300)}`, count: 3 };
  const { Environment } = buildProcessingRequest(task, { task, inputs, jobName: 'job-1' }, options);
  const {
    A,
    SLUICE_PARAMETERS_0: first = '',
    SLUICE_PARAMETERS_1: second = '',
    ...others
  } = Environment ?? {};
  expect([A, others, first.length]).toEqual(['b', {}, 256]);
  expect(first).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(first + second)).toEqual(inputs);
  const long = { task, inputs: { text: 'x'.repeat(30_000) }, jobName: 'job-1' };
  expect(() => buildProcessingRequest(task, long, options)).toThrow(
    "Task 'prepare': its parameters are 30011 characters of JSON, and a processing job takes 25344.",
  );
});

test('a training job whose results are property files is told where its archives go', () => {
  const task = { ...training, propertyFiles: { result: { outputName: 'output', path: 'result.json' } } };
  const invocation = { task, inputs: {}, jobName: 'job-1', outputUri: 's3://b/run/node' };
  expect(buildTrainingRequest(task, invocation, options)).toMatchObject({
    Environment: { A: 'b', SLUICE_JOB_OUTPUT: 's3://b/run/node/job-1/output' },
    OutputDataConfig: { S3OutputPath: 's3://b/run/node' },
  });
});
