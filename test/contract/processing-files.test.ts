import { expect, it } from 'vitest';
import { planProcessingFiles } from '../../src/contract/processing-files.ts';

const arn = 'arn:aws:sagemaker:us-east-1:123456789012:processing-job/clean';

it('writes what a processing job finds under /opt/ml/config, exactly', () => {
  const files = planProcessingFiles(
    {
      ProcessingJobName: 'clean',
      AppSpecification: { ImageUri: 'image', ContainerEntrypoint: ['python3', 'a.py'] },
      RoleArn: 'role',
      ProcessingInputs: [
        {
          InputName: 'raw',
          S3Input: { S3Uri: 's3://b/raw', LocalPath: '/opt/ml/processing/input/raw', S3DataType: 'S3Prefix' },
        },
      ],
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: 'out',
            S3Output: {
              S3Uri: 's3://b/out',
              LocalPath: '/opt/ml/processing/output/out',
              S3UploadMode: 'Continuous',
            },
          },
        ],
      },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 2, InstanceType: 'ml.m5.large', VolumeSizeInGB: 30 },
      },
    },
    'algo-2',
    arn,
  );
  expect(files).toEqual([
    {
      path: '/opt/ml/config/resourceconfig.json',
      content: '{"current_host":"algo-2","hosts":["algo-1","algo-2"],"current_instance_type":"ml.m5.large"}',
    },
    {
      path: '/opt/ml/config/processingjobconfig.json',
      content:
        `{"ProcessingJobArn":"${arn}","ProcessingJobName":"clean",` +
        '"AppSpecification":{"ImageUri":"image","ContainerEntrypoint":["python3","a.py"],"ContainerArguments":null},"Environment":null,' +
        '"ProcessingInputs":[{"InputName":"raw","S3Input":{"LocalPath":"/opt/ml/processing/input/raw","S3Uri":"s3://b/raw","S3DataDistributionType":"FullyReplicated","S3DataType":"S3Prefix","S3InputMode":"File","S3CompressionType":"None","S3DownloadMode":"StartOfJob"}}],' +
        '"ProcessingOutputConfig":{"Outputs":[{"OutputName":"out","S3Output":{"LocalPath":"/opt/ml/processing/output/out","S3Uri":"s3://b/out","S3UploadMode":"Continuous"}}],"KmsKeyId":null},' +
        '"ProcessingResources":{"ClusterConfig":{"InstanceCount":2,"InstanceType":"ml.m5.large","VolumeSizeInGB":30,"VolumeKmsKeyId":null}},"RoleArn":"role","StoppingCondition":{"MaxRuntimeInSeconds":86400}}',
    },
  ]);
});
