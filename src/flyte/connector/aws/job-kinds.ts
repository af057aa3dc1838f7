import { LOG_GROUPS } from '../../../contract/log-names.ts';
import type { Json } from '../../../graph/index.ts';
import type { TaskLog, TaskPhase } from '../messages.ts';
import {
  type Description,
  processingResult,
  recommenderResult,
  trainingResult,
  transformResult,
  tuningResult,
} from './job-results.ts';

/** One kind of SageMaker's jobs, in the names that its API has for it. */
export interface JobKind {
  /** `CreateX`, `DescribeX`, `StopX`. */
  readonly operations: string;
  /** The member that is the job's name. */
  readonly nameMember: string;
  readonly statusMember: string;
  /** Whether a request may have the role that the job runs as. */
  readonly hasRole: boolean;
  /** What the task's `result` is; `best` is the training job that a tuning has found. */
  readonly result: (job: Description, best: Description | undefined) => Json;
  /** What people follow while it goes on. */
  readonly progress: (job: Description) => string | undefined;
  /** Where its environment is, as a path of members: a mark of the attempt goes there. Absent: it has none. */
  readonly environment?: readonly string[];
  readonly logGroup?: string;
  /** Of the console: `jobs` in `…/sagemaker/home#/jobs/NAME`. */
  readonly page: string;
}

/** By flytekit's name of the task type. */
export const JOB_KINDS = {
  'sagemaker-training-job': {
    operations: 'TrainingJob',
    nameMember: 'TrainingJobName',
    statusMember: 'TrainingJobStatus',
    hasRole: true,
    result: trainingResult,
    progress: (job) => job['SecondaryStatus'] as string | undefined,
    environment: ['Environment'],
    logGroup: LOG_GROUPS.training,
    page: 'jobs',
  },
  'sagemaker-processing-job': {
    operations: 'ProcessingJob',
    nameMember: 'ProcessingJobName',
    statusMember: 'ProcessingJobStatus',
    hasRole: true,
    result: processingResult,
    progress: () => undefined,
    environment: ['Environment'],
    logGroup: LOG_GROUPS.processing,
    page: 'processing-jobs',
  },
  'sagemaker-transform-job': {
    operations: 'TransformJob',
    nameMember: 'TransformJobName',
    statusMember: 'TransformJobStatus',
    hasRole: false,
    result: transformResult,
    progress: () => undefined,
    environment: ['Environment'],
    logGroup: LOG_GROUPS.transform,
    page: 'transform-jobs',
  },
  'sagemaker-hyperparameter-tuning-job': {
    operations: 'HyperParameterTuningJob',
    nameMember: 'HyperParameterTuningJobName',
    statusMember: 'HyperParameterTuningJobStatus',
    hasRole: false,
    result: tuningResult,
    progress: trials,
    environment: ['TrainingJobDefinition', 'Environment'],
    logGroup: LOG_GROUPS.training,
    page: 'hyper-tuning-jobs',
  },
  'sagemaker-inference-recommender-job': {
    operations: 'InferenceRecommendationsJob',
    nameMember: 'JobName',
    statusMember: 'Status',
    hasRole: true,
    result: recommenderResult,
    progress: () => undefined,
    page: 'inference-recommender',
  },
} as const satisfies Readonly<Record<string, JobKind>>;

/** How a job stands. Pure. */
export interface JobState {
  readonly phase: TaskPhase;
  /** Why it is not going well, or how far it is. */
  readonly message?: string;
}

/** Phases of statuses, which the inference recommender writes in capitals. */
const ENDS: Readonly<Record<string, TaskPhase>> = {
  completed: 'SUCCEEDED',
  failed: 'RETRYABLE_FAILED',
  stopped: 'FAILED',
  deleting: 'FAILED',
  deleted: 'FAILED',
  deletefailed: 'FAILED',
};

/** What the user has to change before a job can succeed. */
const CLIENT_ERROR = /^ClientError\b(?!: Unable to provision)/;

/**
 * What a description says. A job that has failed may succeed another time, unless SageMaker says that its request is
 * wrong; one that was stopped has failed for good: to stop it was somebody's will. Pure.
 */
export function jobState(kind: JobKind, job: Description): JobState {
  const status = String(job[kind.statusMember] ?? '');
  const ended = ENDS[status.toLowerCase().replaceAll('_', '')];
  const progress = kind.progress(job);
  if (ended === undefined) return { phase: 'RUNNING', ...(progress !== undefined && { message: progress }) };
  if (ended === 'SUCCEEDED') return { phase: ended };
  const reason = job['FailureReason'] ?? job['ExitMessage'] ?? progress;
  const secondary = String(job['SecondaryStatus'] ?? '');
  const isTimeOver = /^Max(?:Runtime|WaitTime)Exceeded$/.test(secondary);
  const message = `${status}: ${reason === undefined || reason === '' ? 'SageMaker gives no reason' : String(reason)}`;
  if (isTimeOver) return { phase: 'RETRYABLE_FAILED', message: `${status}: ${secondary}` };
  const isFinal = typeof reason === 'string' && CLIENT_ERROR.test(reason);
  return { phase: ended === 'RETRYABLE_FAILED' && isFinal ? 'FAILED' : ended, message };
}

/** Where AWS's console shows a job and its logs. Pure. */
export function jobLinks(kind: JobKind, name: string, region: string): TaskLog[] {
  const console = `https://${region}.console.aws.amazon.com`;
  const job = { name: 'SageMaker', uri: `${console}/sagemaker/home?region=${region}#/${kind.page}/${name}` };
  if (kind.logGroup === undefined) return [job];
  const group = kind.logGroup.replaceAll('/', '$252F');
  const logs = `${console}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${group}$3FlogStreamNameFilter$3D${name}`;
  return [job, { name: 'CloudWatch Logs', uri: logs }];
}

function trials(job: Description): string {
  const counters = (job['TrainingJobStatusCounters'] ?? {}) as Readonly<Record<string, number | undefined>>;
  const failed = (counters['RetryableError'] ?? 0) + (counters['NonRetryableError'] ?? 0);
  return `${counters['Completed'] ?? 0} Completed / ${counters['InProgress'] ?? 0} InProgress / ${failed} Failed trials`;
}
