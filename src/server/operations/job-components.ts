/** The trial component that a job of an experiment has. */
import type {
  CreateTrialComponentRequest,
  DescribeTrainingJobResponse,
  DescribeTrialComponentResponse,
  ExperimentConfig,
} from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../../contract/arns.ts';
import type { JobType } from '../../jobs/index.ts';
import { associateTrialComponent, createResource } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { getEntity } from './experiment-entities.ts';
import { PROCESSING, TRAINING, TRANSFORM } from './job-types.ts';
import type { OperationContext } from './operation.ts';

/** A job by what it is and its name. */
export interface ComponentJob {
  readonly type: JobType;
  readonly name: string;
}

/** What is kept of a component: its request, or the job that it is of. */
export type JobComponent = CreateTrialComponentRequest & { readonly job?: ComponentJob };

const KINDS = { training: TRAINING, processing: PROCESSING, transform: TRANSFORM } as const;
const SOURCES: Readonly<Record<JobType, string>> = {
  training: 'SageMakerTrainingJob',
  processing: 'SageMakerProcessingJob',
  transform: 'SageMakerTransformJob',
};

/**
 * Whether the experiment and trial that a job names exist. Source: API_ExperimentConfig.
 *
 * @throws AwsError `ResourceNotFound`, `ValidationException`
 */
export async function requireExperiment(
  context: OperationContext,
  config: ExperimentConfig | undefined,
): Promise<void> {
  const { ExperimentName: experiment, TrialName: trial } = config ?? {};
  if (experiment !== undefined) await getEntity(context, 'experiment', experiment);
  if (trial === undefined) return;
  const { request } = await getEntity<{ ExperimentName: string }>(context, 'experiment-trial', trial);
  if (experiment !== undefined && request.ExperimentName !== experiment)
    throw validationError(
      `Trial '${trial}' is one of experiment '${request.ExperimentName}', not '${experiment}'.`,
    );
}

/** Makes the component of a job that was created, one of the trial that it names, or of a new one of its experiment. */
export async function trackJob(
  context: OperationContext,
  config: ExperimentConfig | undefined,
  job: ComponentJob,
): Promise<void> {
  const { ExperimentName: experiment, TrialName: given, TrialComponentDisplayName: shown } = config ?? {};
  if (experiment === undefined && given === undefined) return;
  const name = `${job.name}-aws-${job.type}-job`;
  const { state, account, clock } = context;
  const record = {
    name,
    arn: resourceArn(account, 'experiment-trial-component', name),
    createdAt: clock().getTime(),
    request: { TrialComponentName: name, DisplayName: shown, job },
  };
  await createResource(state, 'experiment-trial-component', record);
  const trial = given ?? `${job.name}-aws-${job.type}-trial`;
  if (given === undefined) {
    const made = { ...record, name: trial, arn: resourceArn(account, 'experiment-trial', trial) };
    const request = { ExperimentName: experiment, TrialName: trial };
    await createResource(state, 'experiment-trial', { ...made, request });
  }
  await associateTrialComponent(state, trial, name);
}

/** What a component is of. */
export function sourceOf({ account }: OperationContext, { type, name }: ComponentJob) {
  return { SourceArn: resourceArn(account, KINDS[type].resource, name), SourceType: SOURCES[type] };
}

/** What is to be told of a component's job. */
export async function jobFacts(
  context: OperationContext,
  job: ComponentJob,
): Promise<Partial<DescribeTrialComponentResponse>> {
  const source = sourceOf(context, job);
  const record = await KINDS[job.type].service(context.jobs).find(job.name);
  if (!record) return { Source: source };
  const description = job.type === 'training' ? await context.jobs.training.describe(job.name) : undefined;
  return {
    Source: source,
    Status: {
      PrimaryStatus: record.status,
      Message: record.progress.failureReason,
    },
    StartTime: new Date(record.startedAt ?? record.createdAt),
    ...(record.endedAt !== undefined && { EndTime: new Date(record.endedAt) }),
    ...(description && trainingFacts(description, source.SourceArn)),
  };
}

function trainingFacts(
  { HyperParameters: hyperparameters = {}, FinalMetricDataList: metrics = [] }: DescribeTrainingJobResponse,
  source: string,
): Partial<DescribeTrialComponentResponse> {
  return {
    Parameters: Object.fromEntries(
      Object.entries(hyperparameters).map(([name, value]) => [name, { StringValue: value }]),
    ),
    Metrics: metrics.map(({ MetricName: name, Value: value, Timestamp: at }) => ({
      MetricName: name,
      SourceArn: source,
      TimeStamp: at,
      Last: value,
    })),
  };
}
