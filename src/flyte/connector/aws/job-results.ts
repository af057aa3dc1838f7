/**
 * What tasks of flytekit's plugin for SageMaker have as `result`, member by member as its connector makes it.
 *
 * @see flytekitplugins-awssagemaker 1.16.31, `_build_outputs` of each connector
 */
import type { Json } from '../../../graph/index.ts';
import { pythonTime } from './python-text.ts';

/** What a Describe operation answers. */
export type Description = Readonly<Record<string, unknown>>;

/** DescribeTrainingJob's. Pure. */
export function trainingResult(job: Description): Json {
  const metrics = (job['FinalMetricDataList'] as readonly Description[] | undefined) ?? [];
  return {
    ...pick(job, ['TrainingJobArn', 'TrainingJobName']),
    ModelArtifacts: pick(job['ModelArtifacts'], ['S3ModelArtifacts']),
    OutputDataConfig: pick(job['OutputDataConfig'], ['S3OutputPath']),
    FinalMetricDataList: metrics.map((metric) => pick(metric, ['MetricName', 'Value', 'Timestamp'])),
    ...pick(job, ['BillableTimeInSeconds', 'TrainingTimeInSeconds']),
  };
}

/** DescribeProcessingJob's. Pure. */
export function processingResult(job: Description): Json {
  const config = job['ProcessingOutputConfig'] as Description | undefined;
  const outputs = (config?.['Outputs'] as readonly Description[] | undefined) ?? [];
  return {
    ...pick(job, ['ProcessingJobArn', 'ProcessingJobName']),
    Outputs: outputs.map((output) => ({
      ...pick(output, ['OutputName']),
      ...(output['S3Output'] ? pick(output['S3Output'], ['S3Uri']) : {}),
      ...(output['FeatureStoreOutput'] ? pick(output['FeatureStoreOutput'], ['FeatureGroupName']) : {}),
    })),
    ...pick(job, ['ExitMessage', 'ProcessingStartTime', 'ProcessingEndTime']),
  };
}

/** DescribeTransformJob's. Pure. */
export function transformResult(job: Description): Json {
  return {
    ...pick(job, ['TransformJobArn', 'TransformJobName', 'ModelName']),
    TransformOutput: pick(job['TransformOutput'], ['S3OutputPath']),
    ...pick(job, ['TransformStartTime', 'TransformEndTime']),
  };
}

/** DescribeHyperParameterTuningJob's, with the model of its best job. Pure. */
export function tuningResult(job: Description, best: Description | undefined): Json {
  const winner = (job['BestTrainingJob'] ?? {}) as Description;
  const artifacts = pick(best?.['ModelArtifacts'], ['S3ModelArtifacts']);
  return {
    ...pick(job, ['HyperParameterTuningJobArn', 'HyperParameterTuningJobName']),
    BestTrainingJob: {
      ...pick(winner, ['TrainingJobName', 'TrainingJobArn', 'TrainingJobStatus', 'ObjectiveStatus']),
      FinalHyperParameterTuningJobObjectiveMetric: pick(
        winner['FinalHyperParameterTuningJobObjectiveMetric'],
        ['MetricName', 'Value'],
      ),
      TunedHyperParameters: toJson(winner['TunedHyperParameters'] ?? {}),
      ModelArtifacts: artifacts,
      ...pick(winner, ['TrainingStartTime', 'TrainingEndTime']),
    },
    ModelArtifacts: artifacts,
    TrainingJobStatusCounters: pick(job['TrainingJobStatusCounters'], [
      'Completed',
      'InProgress',
      'RetryableError',
      'NonRetryableError',
      'Stopped',
    ]),
    ObjectiveStatusCounters: pick(job['ObjectiveStatusCounters'], ['Succeeded', 'Pending', 'Failed']),
  };
}

/** DescribeInferenceRecommendationsJob's. Pure. */
export function recommenderResult(job: Description): Json {
  const recommended = (job['InferenceRecommendations'] as readonly Description[] | undefined) ?? [];
  const measured = (job['EndpointPerformances'] as readonly Description[] | undefined) ?? [];
  return {
    ...pick(job, ['JobArn', 'JobName', 'JobType']),
    InferenceRecommendations: recommended.map(recommendation),
    EndpointPerformances: measured.map((each) => ({
      Metrics: pick(each['Metrics'], ['MaxInvocations', 'ModelLatency']),
      EndpointInfo: pick(each['EndpointInfo'], ['EndpointName']),
    })),
    ...pick(job, ['CompletionTime']),
  };
}

function recommendation(each: Description): Json {
  const endpoint = (each['EndpointConfiguration'] ?? {}) as Description;
  const serverless = endpoint['ServerlessConfig'];
  return {
    ...pick(each, ['RecommendationId']),
    Metrics: pick(each['Metrics'], [
      'CostPerHour',
      'CostPerInference',
      'MaxInvocations',
      'ModelLatency',
      'CpuUtilization',
      'MemoryUtilization',
      'ModelSetupTime',
    ]),
    EndpointConfiguration: {
      ...pick(endpoint, ['EndpointName', 'VariantName', 'InstanceType', 'InitialInstanceCount']),
      ServerlessConfig: serverless
        ? pick(serverless, ['MemorySizeInMB', 'MaxConcurrency', 'ProvisionedConcurrency'])
        : null,
    },
    ModelConfiguration: pick(each['ModelConfiguration'], [
      'InferenceSpecificationName',
      'CompilationJobName',
    ]),
    ...pick(each, ['InvocationStartTime', 'InvocationEndTime']),
  };
}

/** An answer of AWS as JSON: times as Python's `isoformat()` writes them, bytes as base64. Pure. */
export function toJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return pythonTime(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object') return value as Json;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, toJson(each)]),
  );
}

/** These members; what is absent is null, as Python's `dict.get()` has it. */
function pick(from: unknown, members: readonly string[]): Record<string, Json> {
  const source = (from ?? {}) as Description;
  return Object.fromEntries(members.map((name) => [name, toJson(source[name])]));
}
