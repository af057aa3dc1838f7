import type {
  CreateModelInput,
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { EndingJobTask } from '../../graph/index.ts';
import type { AwsAccess } from '../aws/aws-access.ts';

/** What a List operation tells of a job. */
export interface ListedJob {
  readonly name: string;
  readonly status: string;
  readonly secondaryStatus?: string | undefined;
  readonly message?: string | undefined;
  readonly createdAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  readonly modifiedAt: Date;
}

/** Which jobs to list: one page of those that have changed since a time, those that have changed last first. */
export interface ListQuery {
  readonly modifiedAfter?: Date | undefined;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One page. */
export interface ListPage {
  readonly jobs: readonly ListedJob[];
  readonly token?: string | undefined;
}

/** The most that one page has. */
const PAGE = 100;

/** What Describe answers, by type of job. */
export interface Descriptions {
  readonly training: DescribeTrainingJobResponse;
  readonly processing: DescribeProcessingJobResponse;
  readonly batch_transform: DescribeTransformJobResponse;
}

/** What Create takes, by type of job. */
export interface CreateRequests {
  readonly training: CreateTrainingJobRequest;
  readonly processing: CreateProcessingJobRequest;
  readonly batch_transform: CreateTransformJobRequest;
}

/** One type of job's operations. */
export interface JobOperations<Type extends EndingJobTask['type']> {
  create(request: CreateRequests[Type]): Promise<string>;
  describe(name: string, signal?: AbortSignal): Promise<Descriptions[Type]>;
  stop(name: string): Promise<void>;
  list(query: ListQuery): Promise<ListPage>;
}

/** The operations of SageMaker that jobs need, errors in Sluice's words. */
export interface SageMakerApi {
  readonly jobs: { readonly [Type in EndingJobTask['type']]: JobOperations<Type> };
  createModel(request: CreateModelInput): Promise<void>;
  describeModel(name: string): Promise<object>;
}

/** The client of SageMaker: one for all that speak with it under the same settings. */
export function sagemakerClient(aws: AwsAccess): Promise<SageMakerClient> {
  return aws.client(
    'SageMaker',
    async (config) => new (await import('@aws-sdk/client-sagemaker')).SageMakerClient(config),
  );
}

/** Loads the client, and gives what of it jobs need. */
export async function createSageMakerApi(aws: AwsAccess): Promise<SageMakerApi> {
  const sdk = await import('@aws-sdk/client-sagemaker');
  const client = await sagemakerClient(aws);
  const call = aws.call.bind(aws);
  const abort = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {});
  const page = ({ modifiedAfter, token }: ListQuery) => ({
    MaxResults: PAGE,
    SortBy: 'CreationTime' as const,
    SortOrder: 'Descending' as const,
    ...(modifiedAfter && { LastModifiedTimeAfter: modifiedAfter }),
    ...(token !== undefined && { NextToken: token }),
  });
  return {
    jobs: {
      training: {
        create: async (request) => {
          const what = `CreateTrainingJob '${request.TrainingJobName}'`;
          const answer = await call(what, () => client.send(new sdk.CreateTrainingJobCommand(request)));
          return answer.TrainingJobArn as string;
        },
        describe: (name, signal) =>
          call(`DescribeTrainingJob '${name}'`, () =>
            client.send(new sdk.DescribeTrainingJobCommand({ TrainingJobName: name }), abort(signal)),
          ),
        stop: async (name) => {
          await call(`StopTrainingJob '${name}'`, () =>
            client.send(new sdk.StopTrainingJobCommand({ TrainingJobName: name })),
          );
        },
        list: async (query) => {
          const answer = await call('ListTrainingJobs', () =>
            client.send(new sdk.ListTrainingJobsCommand(page(query)), abort(query.signal)),
          );
          const jobs = (answer.TrainingJobSummaries ?? []).map((job) => ({
            name: job.TrainingJobName as string,
            status: job.TrainingJobStatus as string,
            secondaryStatus: job.SecondaryStatus,
            createdAt: job.CreationTime,
            endedAt: job.TrainingEndTime,
            modifiedAt: job.LastModifiedTime ?? new Date(0),
          }));
          return { jobs, token: answer.NextToken };
        },
      },
      processing: {
        create: async (request) => {
          const what = `CreateProcessingJob '${request.ProcessingJobName}'`;
          const answer = await call(what, () => client.send(new sdk.CreateProcessingJobCommand(request)));
          return answer.ProcessingJobArn as string;
        },
        describe: (name, signal) =>
          call(`DescribeProcessingJob '${name}'`, () =>
            client.send(new sdk.DescribeProcessingJobCommand({ ProcessingJobName: name }), abort(signal)),
          ),
        stop: async (name) => {
          await call(`StopProcessingJob '${name}'`, () =>
            client.send(new sdk.StopProcessingJobCommand({ ProcessingJobName: name })),
          );
        },
        list: async (query) => {
          const answer = await call('ListProcessingJobs', () =>
            client.send(new sdk.ListProcessingJobsCommand(page(query)), abort(query.signal)),
          );
          const jobs = (answer.ProcessingJobSummaries ?? []).map((job) => ({
            name: job.ProcessingJobName as string,
            status: job.ProcessingJobStatus as string,
            message: job.FailureReason ?? job.ExitMessage,
            createdAt: job.CreationTime,
            endedAt: job.ProcessingEndTime,
            modifiedAt: job.LastModifiedTime ?? new Date(0),
          }));
          return { jobs, token: answer.NextToken };
        },
      },
      batch_transform: {
        create: async (request) => {
          const what = `CreateTransformJob '${request.TransformJobName}'`;
          const answer = await call(what, () => client.send(new sdk.CreateTransformJobCommand(request)));
          return answer.TransformJobArn as string;
        },
        describe: (name, signal) =>
          call(`DescribeTransformJob '${name}'`, () =>
            client.send(new sdk.DescribeTransformJobCommand({ TransformJobName: name }), abort(signal)),
          ),
        stop: async (name) => {
          await call(`StopTransformJob '${name}'`, () =>
            client.send(new sdk.StopTransformJobCommand({ TransformJobName: name })),
          );
        },
        list: async (query) => {
          const answer = await call('ListTransformJobs', () =>
            client.send(new sdk.ListTransformJobsCommand(page(query)), abort(query.signal)),
          );
          const jobs = (answer.TransformJobSummaries ?? []).map((job) => ({
            name: job.TransformJobName as string,
            status: job.TransformJobStatus as string,
            message: job.FailureReason,
            createdAt: job.CreationTime,
            endedAt: job.TransformEndTime,
            modifiedAt: job.LastModifiedTime ?? new Date(0),
          }));
          return { jobs, token: answer.NextToken };
        },
      },
    },
    createModel: async (request) => {
      await call(`CreateModel '${request.ModelName}'`, () =>
        client.send(new sdk.CreateModelCommand(request)),
      );
    },
    describeModel: (name) =>
      call(`DescribeModel '${name}'`, () => client.send(new sdk.DescribeModelCommand({ ModelName: name }))),
  };
}
