/**
 * What AWS says of the names of jobs.
 *
 * Source: `Training job names must be unique …` as quoted in aws/amazon-sagemaker-examples pull request 3108 and
 * SuperCowPowers/workbench issue 384.
 * Gaps: the messages for processing and transform jobs were not found in answers of AWS.
 */
import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import type { ResourceType } from '../../contract/arns.ts';
import type { JobService, Jobs, JobType } from '../../jobs/index.ts';
import type { SortOrder } from './pages.ts';

/** What sets the operations of one type of job apart from those of the others. */
export interface JobTypeOperations<Request, Description> {
  readonly type: JobType;
  readonly resource: ResourceType;
  readonly service: (jobs: Jobs) => JobService<Request, Description>;
  /** The message of AWS for a name that no job has. */
  readonly notFound: (name: string) => string;
  /** The message of AWS for a name that a job has already. */
  readonly nameTaken: (arn: string) => string;
  /** The order of its List operation where none is asked for: AWS documents them so. */
  readonly listOrder: SortOrder;
}

export const TRAINING: JobTypeOperations<CreateTrainingJobRequest, DescribeTrainingJobResponse> = {
  type: 'training',
  resource: 'training-job',
  service: (jobs) => jobs.training,
  notFound: () => 'Requested resource not found.',
  nameTaken: (arn) =>
    `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${arn})`,
  listOrder: 'Ascending',
};

export const PROCESSING: JobTypeOperations<CreateProcessingJobRequest, DescribeProcessingJobResponse> = {
  type: 'processing',
  resource: 'processing-job',
  service: (jobs) => jobs.processing,
  notFound: jobNotFound,
  nameTaken: jobNameTaken,
  listOrder: 'Ascending',
};

export const TRANSFORM: JobTypeOperations<CreateTransformJobRequest, DescribeTransformJobResponse> = {
  type: 'transform',
  resource: 'transform-job',
  service: (jobs) => jobs.transform,
  notFound: jobNotFound,
  nameTaken: jobNameTaken,
  listOrder: 'Descending',
};

function jobNotFound(name: string): string {
  return `Could not find requested job with name: ${name}`;
}

function jobNameTaken(arn: string): string {
  return `Job name must be unique within an AWS account and region, and a job with this name already exists (${arn})`;
}
