import type {
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
  SecondaryStatus,
  SecondaryStatusTransition,
} from '@aws-sdk/client-sagemaker';
import { metricDefinitions } from '../contract/algorithm-metrics.ts';
import { billableTimeInSeconds } from '../contract/billing.ts';
import type { JobRecord, StatusTransition } from '../state/index.ts';

/** What DescribeTrainingJob answers for a record. Pure. */
export function describeTrainingJob(
  record: JobRecord<CreateTrainingJobRequest>,
): DescribeTrainingJobResponse {
  const { progress, request } = record;
  const { Tags: _tags, ...shown } = request;
  return {
    ...shown,
    TrainingJobName: record.name,
    TrainingJobArn: record.arn,
    ...(progress.modelArtifacts !== undefined && {
      ModelArtifacts: { S3ModelArtifacts: progress.modelArtifacts },
    }),
    TrainingJobStatus: record.status,
    SecondaryStatus: record.secondaryStatus as SecondaryStatus,
    ...(progress.failureReason !== undefined && { FailureReason: progress.failureReason }),
    AlgorithmSpecification: described(request),
    CreationTime: new Date(record.createdAt),
    ...(record.startedAt !== undefined && { TrainingStartTime: new Date(record.startedAt) }),
    ...(record.endedAt !== undefined && { TrainingEndTime: new Date(record.endedAt) }),
    LastModifiedTime: new Date(record.modifiedAt),
    SecondaryStatusTransitions: progress.transitions.map(transition),
    FinalMetricDataList: (progress.metrics ?? []).map((metric) => ({
      MetricName: metric.name,
      Value: metric.value,
      Timestamp: new Date(metric.at),
    })),
    ...selectedInstances(request),
    ...trainingTime(record),
  } as DescribeTrainingJobResponse;
}

/** There is room for the first of several types here. */
function selectedInstances({
  ResourceConfig: config,
}: CreateTrainingJobRequest): Partial<DescribeTrainingJobResponse> {
  const { InstancePreferences: [first] = [] } = config ?? {};
  if (!config || !first) return {};
  const { InstanceType: SelectedInstanceType, InstanceCount = config.InstanceCount } = first;
  return {
    ResourceConfig: {
      ...config,
      SelectedInstanceType,
      SelectedInstanceCount: InstanceCount,
    },
  };
}

/** SageMaker shows the metrics of its own algorithms as if they had been asked for. */
function described(request: CreateTrainingJobRequest): CreateTrainingJobRequest['AlgorithmSpecification'] {
  const definitions = metricDefinitions(request);
  const { AlgorithmSpecification: asked } = request;
  return definitions.length === 0 || asked === undefined
    ? asked
    : { ...asked, MetricDefinitions: [...definitions] };
}

/** Nothing is saved by spot instances here, so what is billable is the whole time. */
function trainingTime({ startedAt, endedAt }: JobRecord): Partial<DescribeTrainingJobResponse> {
  if (startedAt === undefined || endedAt === undefined) return {};
  const seconds = billableTimeInSeconds(new Date(startedAt), new Date(endedAt));
  return { TrainingTimeInSeconds: seconds, BillableTimeInSeconds: seconds };
}

function transition(each: StatusTransition): SecondaryStatusTransition {
  return {
    Status: each.status as SecondaryStatus,
    StartTime: new Date(each.startedAt),
    ...(each.endedAt !== undefined && { EndTime: new Date(each.endedAt) }),
    ...(each.message !== undefined && { StatusMessage: each.message }),
  };
}
