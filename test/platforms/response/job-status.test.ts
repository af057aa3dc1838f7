import type {
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { phaseOf } from '../../../src/platforms/response/phase-of.ts';
import { processingStatus } from '../../../src/platforms/response/processing-status.ts';
import { trainingStatus } from '../../../src/platforms/response/training-status.ts';
import { transformStatus } from '../../../src/platforms/response/transform-status.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 28, 0, 0, second));

const training = (more: object): DescribeTrainingJobResponse =>
  ({
    TrainingJobName: 'train',
    TrainingJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:training-job/train',
    CreationTime: at(0),
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2, VolumeSizeInGB: 30 },
    ...more,
  }) as DescribeTrainingJobResponse;

const processing = (more: object): DescribeProcessingJobResponse =>
  ({
    ProcessingJobName: 'process',
    CreationTime: at(0),
    ProcessingResources: { ClusterConfig: { InstanceCount: 3, InstanceType: 'x', VolumeSizeInGB: 1 } },
    ProcessingOutputConfig: {
      Outputs: [{ OutputName: 'report', S3Output: { S3Uri: 's3://b/report' } }, { OutputName: 'features' }],
    },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...more,
  }) as unknown as DescribeProcessingJobResponse;

const transform = (more: object): DescribeTransformJobResponse =>
  ({
    TransformJobName: 'transform',
    CreationTime: at(0),
    TransformResources: { InstanceCount: 1, InstanceType: 'ml.m5.large' },
    TransformOutput: { S3OutputPath: 's3://b/out' },
    ...more,
  }) as DescribeTransformJobResponse;

it.each<[status: string, secondaryStatus: string | undefined, started: boolean, phase: string]>([
  ['InProgress', 'Pending', false, 'queued'],
  ['InProgress', 'Starting', false, 'initializing'],
  ['InProgress', 'LaunchingMLInstances', false, 'initializing'],
  ['InProgress', 'PreparingTrainingStack', false, 'initializing'],
  ['InProgress', 'Downloading', true, 'initializing'],
  ['InProgress', 'DownloadingTrainingImage', true, 'initializing'],
  ['InProgress', 'Training', true, 'running'],
  ['InProgress', 'Uploading', true, 'running'],
  ['InProgress', 'Restarting', true, 'initializing'],
  ['InProgress', 'Interrupted', true, 'queued'],
  ['InProgress', 'SomethingNew', true, 'running'],
  ['InProgress', undefined, false, 'initializing'],
  ['InProgress', undefined, true, 'running'],
  ['Stopping', 'Stopping', true, 'running'],
  ['Deleting', undefined, true, 'running'],
  ['Completed', 'Completed', true, 'succeeded'],
  ['Failed', 'Failed', true, 'failed'],
  ['Stopped', 'Stopped', true, 'aborted'],
  ['Stopped', undefined, true, 'aborted'],
  ['Stopped', 'MaxRuntimeExceeded', true, 'failed'],
  ['Stopped', 'MaxWaitTimeExceeded', false, 'failed'],
])('a job that is %s, %s (started: %s) is %s', (status, secondaryStatus, started, phase) => {
  expect(phaseOf({ status, secondaryStatus, ...(started && { startedAt: at(1) }) })).toBe(phase);
});

describe('a training job', () => {
  const ended = { TrainingStartTime: at(10), TrainingEndTime: at(20) };
  const metric = { MetricName: 'loss', Value: 0.5, Timestamp: at(15) };

  it('that has completed has its model and metrics, and is billed for all instances', () => {
    const status = trainingStatus(
      training({
        ...ended,
        TrainingJobStatus: 'Completed',
        SecondaryStatus: 'Completed',
        ModelArtifacts: { S3ModelArtifacts: 's3://b/train/output/model.tar.gz' },
        FinalMetricDataList: [metric],
        SecondaryStatusTransitions: [{ Status: 'Completed', StartTime: at(20), StatusMessage: 'Done.' }],
      }),
    );
    expect(status).toEqual({
      phase: 'succeeded',
      status: 'Completed',
      secondaryStatus: 'Completed',
      message: 'Done.',
      outputs: { model: 's3://b/train/output/model.tar.gz', metrics: { loss: 0.5 } },
      metrics: { loss: 0.5 },
      createdAt: at(0),
      startedAt: at(10),
      endedAt: at(20),
      billableSeconds: 20,
    });
  });

  it('on spot instances is billed as SageMaker says', () => {
    const status = trainingStatus(
      training({ ...ended, TrainingJobStatus: 'Completed', BillableTimeInSeconds: 3 }),
    );
    expect(status.billableSeconds).toBe(6);
  });

  it.each<[more: object, expected: object]>([
    [
      { TrainingJobStatus: 'Failed', FailureReason: 'AlgorithmError: , exit code: 1' },
      { phase: 'failed', fault: 'user', message: 'AlgorithmError: , exit code: 1', outputs: {} },
    ],
    [
      { TrainingJobStatus: 'Failed', FailureReason: 'CapacityError: Unable to provision' },
      { phase: 'failed', fault: 'system', displaced: 'capacity' },
    ],
    [
      { TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' },
      { phase: 'failed', fault: 'user', message: expect.stringContaining('MaxRuntimeExceeded: ') as string },
    ],
    [
      { TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxWaitTimeExceeded' },
      {
        phase: 'failed',
        fault: 'system',
        displaced: 'interruption',
        message: expect.stringContaining('MaxWaitTimeExceeded: ') as string,
      },
    ],
    [
      { TrainingJobStatus: 'Stopped', ModelArtifacts: { S3ModelArtifacts: 's3://b/m' } },
      { phase: 'aborted', outputs: { model: 's3://b/m', metrics: {} } },
    ],
    [
      { TrainingJobStatus: 'InProgress', SecondaryStatus: 'Training', FinalMetricDataList: [metric] },
      { phase: 'running', outputs: {}, metrics: { loss: 0.5 } },
    ],
  ])('%j is %j', (more, expected) => {
    expect(trainingStatus(training(more))).toMatchObject(expected);
  });
});

describe('a processing job', () => {
  it.each<[more: object, expected: object]>([
    [{ ProcessingJobStatus: 'InProgress' }, { phase: 'initializing', outputs: {} }],
    [{ ProcessingJobStatus: 'InProgress', ProcessingStartTime: at(1) }, { phase: 'running' }],
    [
      {
        ProcessingJobStatus: 'Completed',
        ProcessingStartTime: at(1),
        ProcessingEndTime: at(3),
        ExitMessage: 'all good',
      },
      { phase: 'succeeded', message: 'all good', outputs: { report: 's3://b/report' }, billableSeconds: 6 },
    ],
    [
      { ProcessingJobStatus: 'Failed', FailureReason: 'ClientError: x', ExitMessage: 'y' },
      { phase: 'failed', fault: 'user', message: 'ClientError: x' },
    ],
    [
      { ProcessingJobStatus: 'Stopped', ProcessingStartTime: at(0), ProcessingEndTime: at(30) },
      { phase: 'aborted', outputs: { report: 's3://b/report' } },
    ],
    [
      { ProcessingJobStatus: 'Stopped', ProcessingStartTime: at(0), ProcessingEndTime: at(61) },
      { phase: 'failed', fault: 'user', secondaryStatus: 'MaxRuntimeExceeded' },
    ],
  ])('%j is %j', (more, expected) => {
    expect(processingStatus(processing(more))).toMatchObject(expected);
  });
});

describe('a transform job', () => {
  it.each<[more: object, expected: object]>([
    [
      { TransformJobStatus: 'InProgress', TransformStartTime: at(1) },
      { phase: 'running', outputs: {} },
    ],
    [
      { TransformJobStatus: 'Completed', TransformStartTime: at(1), TransformEndTime: at(2) },
      { phase: 'succeeded', outputs: { output: 's3://b/out' }, billableSeconds: 1 },
    ],
    [{ TransformJobStatus: 'Stopped' }, { phase: 'aborted', outputs: {} }],
    [
      {
        TransformJobStatus: 'Failed',
        FailureReason: 'InternalServerError: We encountered an internal error.',
      },
      { phase: 'failed', fault: 'system' },
    ],
  ])('%j is %j', (more, expected) => {
    expect(transformStatus(transform(more))).toMatchObject(expected);
  });
});

it('what a platform knows beyond Describe is told too', () => {
  const known = {
    secondaryStatus: 'Uploading',
    message: 'Uploading the output',
    outputs: { output: 's3://b/o' },
  };
  expect(processingStatus(processing({ ProcessingJobStatus: 'InProgress' }), known)).toMatchObject({
    phase: 'running',
    secondaryStatus: 'Uploading',
    message: 'Uploading the output',
    outputs: {},
  });
  expect(trainingStatus(training({ TrainingJobStatus: 'Completed' }), known).outputs).toEqual({
    output: 's3://b/o',
    metrics: {},
  });
});
