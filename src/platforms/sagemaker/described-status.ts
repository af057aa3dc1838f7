import type {
  DescribeProcessingJobResponse,
  DescribeTrainingJobResponse,
  DescribeTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../../core/errors.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import type { JobStatus } from '../platform.ts';
import { processingStatus } from '../response/processing-status.ts';
import { readPropertyFiles } from '../response/property-files.ts';
import { trainingStatus } from '../response/training-status.ts';
import { transformStatus } from '../response/transform-status.ts';
import { withException } from '../response/with-exception.ts';
import { readPropertyVariables } from './property-variables.ts';

/** What a description does not say by itself. */
export interface BesideDescription {
  readonly store: ObjectStore;
  readonly logTail: () => Promise<string[]>;
}

/** What SageMaker says of a job, with what its outputs and its log say beside. */
export async function describedStatus(
  type: EndingJobTask['type'],
  description: object,
  { store, logTail }: BesideDescription,
): Promise<JobStatus> {
  const status = await plainStatus(type, description, store);
  if (status.phase === 'failed') return withTail(status, await logTail());
  if (status.phase !== 'succeeded') return status;
  const { Environment: environment } = description as { readonly Environment?: Record<string, string> };
  const files = readPropertyVariables(environment);
  if (!files) return status;
  try {
    const values = await readPropertyFiles(files, status.outputs, { store: () => store });
    return { ...status, outputs: { ...status.outputs, ...values } };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.fault === 'system') throw error;
    return { ...status, phase: 'failed', fault: 'user', message: error.message, outputs: {} };
  }
}

async function plainStatus(
  type: EndingJobTask['type'],
  description: object,
  store: ObjectStore,
): Promise<JobStatus> {
  if (type === 'processing') return processingStatus(description as DescribeProcessingJobResponse);
  if (type === 'batch_transform') return transformStatus(description as DescribeTransformJobResponse);
  const job = description as DescribeTrainingJobResponse;
  const isOver = job.TrainingJobStatus === 'Completed' || job.TrainingJobStatus === 'Stopped';
  return trainingStatus(job, isOver ? { outputs: await archives(job, store) } : {});
}

/** Describe names the model alone, whether it is there or not. */
async function archives(
  { OutputDataConfig: config, TrainingJobName: name, ModelArtifacts: model }: DescribeTrainingJobResponse,
  store: ObjectStore,
): Promise<Record<string, string>> {
  const directory =
    model?.S3ModelArtifacts?.replace(/\/model\.tar\.gz$/, '') ??
    `${config?.S3OutputPath?.replace(/\/+$/, '')}/${name}/output`;
  const output = `${directory}/output.tar.gz`;
  const { bucket, key } = parseS3Uri(output);
  try {
    await store.head(bucket, key);
    return { output };
  } catch (error) {
    if (error instanceof SluiceError && error.fault === 'user') return {};
    throw error;
  }
}

function withTail(status: JobStatus, logTail: readonly string[]): JobStatus {
  return logTail.length > 0 ? { ...withException(status, logTail), logTail } : status;
}
