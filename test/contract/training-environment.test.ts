import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { hyperparameterArguments, trainingEnvironment } from '../../src/contract/training-environment.ts';

const request: CreateTrainingJobRequest = {
  TrainingJobName: 'demo',
  AlgorithmSpecification: {
    TrainingImage: 'image',
    TrainingInputMode: 'File',
    ContainerEntrypoint: ['node', '/opt/ml/input/data/code/train.ts'],
  },
  RoleArn: 'arn:aws:iam::123456789012:role/r',
  HyperParameters: {
    'batch-size': '32',
    rate: '1e-05',
    name: 'plain text',
    quoted: '"quoted"',
    flag: 'true',
    nothing: 'null',
    list: '[1, 2.0, "é"]',
    sagemaker_program: '"train.py"',
    sagemaker_job_name: '"other"',
    sagemaker_mpi_enabled: 'false',
  },
  InputDataConfig: ['code', 'train'].map((name) => ({
    ChannelName: name,
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://b/${name}` } },
  })),
  OutputDataConfig: { S3OutputPath: 's3://b/out' },
  ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
  Environment: { OWN: 'value', SM_LOG_LEVEL: '10' },
};

const environment = trainingEnvironment({
  request,
  host: 'algo-2',
  arn: 'arn:aws:sagemaker:eu-west-1:123456789012:training-job/demo',
  region: 'eu-west-1',
  cpus: 4,
  gpus: 1,
});

const resourceConfig =
  '{"current_group_name":"homogeneousCluster","current_host":"algo-2","current_instance_type":"ml.m5.large","hosts":["algo-1","algo-2"],"instance_groups":[{"hosts":["algo-1","algo-2"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large"}],"network_interface_name":"eth0"}';
const channel =
  '{"RecordWrapperType":"None","S3DistributionType":"FullyReplicated","TrainingInputMode":"File"}';
const hps =
  '{"batch-size":32,"flag":true,"list":[1,2.0,"\\u00e9"],"name":"plain text","nothing":null,"quoted":"quoted","rate":1e-05}';

describe('the environment of a training job', () => {
  it.each([
    ['TRAINING_JOB_NAME', 'demo'],
    ['TRAINING_JOB_ARN', 'arn:aws:sagemaker:eu-west-1:123456789012:training-job/demo'],
    ['SAGEMAKER_JOB_NAME', 'demo'],
    ['AWS_REGION', 'eu-west-1'],
    ['AWS_DEFAULT_REGION', 'eu-west-1'],
    ['AWS_EXECUTION_ENV', 'AWS_ECS_EC2'],
    ['DMLC_INTERFACE', 'eth0'],
    ['SAGEMAKER_METRICS_DIRECTORY', '/opt/ml/output/metrics/sagemaker'],
    ['SM_HOSTS', '["algo-1","algo-2"]'],
    ['SM_CURRENT_HOST', 'algo-2'],
    ['SM_CURRENT_INSTANCE_TYPE', 'ml.m5.large'],
    ['SM_CURRENT_INSTANCE_GROUP', 'homogeneousCluster'],
    ['SM_CURRENT_INSTANCE_GROUP_HOSTS', '["algo-1","algo-2"]'],
    ['SM_INSTANCE_GROUPS', '["homogeneousCluster"]'],
    [
      'SM_INSTANCE_GROUPS_DICT',
      '{"homogeneousCluster":{"hosts":["algo-1","algo-2"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large"}}',
    ],
    ['SM_DISTRIBUTION_INSTANCE_GROUPS', '[]'],
    ['SM_IS_HETERO', 'false'],
    ['SM_NETWORK_INTERFACE_NAME', 'eth0'],
    ['SM_HPS', hps],
    ['SM_HP_BATCH-SIZE', '32'],
    ['SM_HP_BATCH_SIZE', '32'],
    ['SM_HP_RATE', '1e-05'],
    ['SM_HP_NAME', 'plain text'],
    ['SM_HP_QUOTED', 'quoted'],
    ['SM_HP_FLAG', 'true'],
    ['SM_HP_NOTHING', ''],
    ['SM_HP_LIST', '[1,2.0,"\\u00e9"]'],
    ['SM_USER_ENTRY_POINT', 'train.py'],
    ['SM_MODULE_NAME', 'train'],
    ['SM_MODULE_DIR', '/opt/ml/code'],
    ['SM_FRAMEWORK_PARAMS', '{"sagemaker_mpi_enabled":false}'],
    ['SM_FRAMEWORK_MODULE', ''],
    [
      'SM_USER_ARGS',
      '["--batch-size","32","--flag","True","--list","[1, 2.0, \'\\u00e9\']","--name","plain text","--nothing","","--quoted","quoted","--rate","1e-05"]',
    ],
    ['SM_RESOURCE_CONFIG', resourceConfig],
    ['SM_INPUT_DATA_CONFIG', `{"code":${channel},"train":${channel}}`],
    ['SM_CHANNELS', '["code","train"]'],
    ['SM_CHANNEL_TRAIN', '/opt/ml/input/data/train'],
    ['SM_LOG_LEVEL', '10'],
    ['SM_INPUT_DIR', '/opt/ml/input'],
    ['SM_INPUT_CONFIG_DIR', '/opt/ml/input/config'],
    ['SM_OUTPUT_DIR', '/opt/ml/output'],
    ['SM_OUTPUT_DATA_DIR', '/opt/ml/output/data'],
    ['SM_OUTPUT_INTERMEDIATE_DIR', '/opt/ml/output/intermediate'],
    ['SM_MODEL_DIR', '/opt/ml/model'],
    ['SM_NUM_CPUS', '4'],
    ['SM_NUM_GPUS', '1'],
    ['SM_NUM_NEURONS', '0'],
    ['SM_INPUT_DATA_DIR', '/opt/ml/input/data'],
    ['SM_OUTPUT_FAILURE', '/opt/ml/output/failure'],
    ['SM_SOURCE_DIR', '/opt/ml/input/data/code'],
    ['SM_ENTRY_SCRIPT', 'train.ts'],
    ['SM_MASTER_ADDR', 'algo-1'],
    ['SM_MASTER_PORT', '7777'],
    ['SM_HOST_COUNT', '2'],
    ['SM_CURRENT_HOST_RANK', '1'],
    ['SM_NUM_INSTANCES', '2'],
    ['OWN', 'value'],
  ])('has %s', (name, value) => {
    expect(environment[name]).toBe(value);
  });

  it('keeps the hyperparameters of the toolkit to itself', () => {
    expect(Object.keys(environment).filter((name) => name.startsWith('SM_HP_SAGEMAKER'))).toEqual([]);
  });

  it('describes itself in SM_TRAINING_ENV, keys sorted', () => {
    const text = environment['SM_TRAINING_ENV'] ?? '';
    expect(text).toMatch(
      /^\{"additional_framework_parameters":\{"sagemaker_mpi_enabled":false\},"channel_input_dirs":/,
    );
    expect(JSON.parse(text)).toMatchObject({
      current_host: 'algo-2',
      is_master: false,
      job_name: 'demo',
      log_level: 20,
      num_cpus: 4,
      user_entry_point: 'train.py',
    });
  });

  it.each([
    [{}, []],
    [{ b: '1', a: 'x' }, ['-a', 'x', '-b', '1']],
    [{ dict: '{"b": 1, "a": null}' }, ['--dict', 'a=None,b=1']],
    [
      { 'big-number': '100000000000000000000', float: '1E16' },
      ['--big-number', '100000000000000000000', '--float', '1e+16'],
    ],
    [
      { small: '0.0001', tiny: '0.00001', one: '1.0' },
      ['--one', '1.0', '--small', '0.0001', '--tiny', '1e-05'],
    ],
    [{ nan: 'NaN' }, ['--nan', 'nan']],
  ])('passes %j to a script as %j', (hyperparameters, expected) => {
    expect(hyperparameterArguments(hyperparameters as Record<string, string>)).toEqual(expected);
  });
});
