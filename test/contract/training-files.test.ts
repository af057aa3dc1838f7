import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { planTrainingFiles } from '../../src/contract/training-files.ts';

const s3 = (uri: string, more = {}) => ({
  S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: uri, ...more },
});

const request: CreateTrainingJobRequest = {
  TrainingJobName: 'demo',
  AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' },
  RoleArn: 'arn:aws:iam::123456789012:role/r',
  HyperParameters: { num_round: '128', text: 'é "q"' },
  InputDataConfig: [
    { ChannelName: 'train', DataSource: s3('s3://b/train') },
    { ChannelName: 'fast', DataSource: s3('s3://b/fast'), InputMode: 'FastFile', ContentType: 'text/csv' },
    {
      ChannelName: 'pipe',
      DataSource: s3('s3://b/pipe', { S3DataDistributionType: 'ShardedByS3Key' }),
      InputMode: 'Pipe',
      RecordWrapperType: 'RecordIO',
    },
    {
      ChannelName: 'efs',
      DataSource: {
        FileSystemDataSource: {
          FileSystemId: 'fs-1',
          FileSystemType: 'EFS',
          FileSystemAccessMode: 'ro',
          DirectoryPath: '/x',
        },
      },
    },
  ],
  OutputDataConfig: { S3OutputPath: 's3://b/out' },
  ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};

const contentOf = (asked: CreateTrainingJobRequest, host = 'algo-1'): Record<string, string> =>
  Object.fromEntries(planTrainingFiles(asked, host).map(({ path, content }) => [path, content]));

describe('the config files of a training job', () => {
  it('are the exact text that SageMaker writes', () => {
    expect(contentOf(request)).toEqual({
      '/opt/ml/input/config/hyperparameters.json': '{"num_round":"128","text":"é \\"q\\""}',
      '/opt/ml/input/config/inputdataconfig.json':
        '{"train":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"},' +
        '"fast":{"ContentType":"text/csv","TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"},' +
        '"pipe":{"TrainingInputMode":"Pipe","S3DistributionType":"ShardedByS3Key","RecordWrapperType":"RecordIO"},' +
        '"efs":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}}',
      '/opt/ml/input/config/resourceconfig.json':
        '{"current_host":"algo-1","current_instance_type":"ml.c5.xlarge","current_group_name":"homogeneousCluster","hosts":["algo-1"],' +
        '"instance_groups":[{"instance_group_name":"homogeneousCluster","instance_type":"ml.c5.xlarge","hosts":["algo-1"]}],"network_interface_name":"eth0"}',
    });
  });

  it('have empty hyperparameters where none were given', () => {
    const { HyperParameters: _, InputDataConfig: __, ...bare } = request;
    expect(contentOf(bare)).toMatchObject({
      '/opt/ml/input/config/hyperparameters.json': '{}',
      '/opt/ml/input/config/inputdataconfig.json': '{}',
    });
  });

  it('take the input mode of the algorithm where a channel has none', () => {
    const asked: CreateTrainingJobRequest = {
      ...request,
      AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'Pipe' },
      InputDataConfig: [{ ChannelName: 'train', DataSource: s3('s3://b/train') }],
    };
    expect(contentOf(asked)['/opt/ml/input/config/inputdataconfig.json']).toBe(
      '{"train":{"TrainingInputMode":"Pipe","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}}',
    );
  });

  it('list hosts in lexicographic order', () => {
    const ResourceConfig = { InstanceType: 'ml.m5.large' as const, InstanceCount: 11, VolumeSizeInGB: 1 };
    const text = contentOf({ ...request, ResourceConfig }, 'algo-10')[
      '/opt/ml/input/config/resourceconfig.json'
    ];
    expect(text).toContain('{"current_host":"algo-10",');
    expect(text).toContain('"hosts":["algo-1","algo-10","algo-11","algo-2","algo-3",');
  });

  it('show the groups of a heterogeneous cluster', () => {
    const ResourceConfig = {
      VolumeSizeInGB: 1,
      InstanceGroups: [
        { InstanceGroupName: 'gpu', InstanceType: 'ml.g5.xlarge' as const, InstanceCount: 1 },
        { InstanceGroupName: 'cpu', InstanceType: 'ml.c5.xlarge' as const, InstanceCount: 2 },
      ],
    };
    expect(
      contentOf({ ...request, ResourceConfig }, 'algo-3')['/opt/ml/input/config/resourceconfig.json'],
    ).toBe(
      '{"current_host":"algo-3","current_instance_type":"ml.c5.xlarge","current_group_name":"cpu","hosts":["algo-1","algo-2","algo-3"],' +
        '"instance_groups":[{"instance_group_name":"gpu","instance_type":"ml.g5.xlarge","hosts":["algo-1"]},' +
        '{"instance_group_name":"cpu","instance_type":"ml.c5.xlarge","hosts":["algo-2","algo-3"]}],"network_interface_name":"eth0"}',
    );
  });

  it('have a checkpoint config where one was asked for', () => {
    const asked = { ...request, CheckpointConfig: { S3Uri: 's3://b/c' } };
    expect(contentOf(asked)['/opt/ml/input/config/checkpointconfig.json']).toBe(
      '{"S3Uri":"s3://b/c","LocalPath":"/opt/ml/checkpoints"}',
    );
  });
});
