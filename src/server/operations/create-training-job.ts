import type { CreateTrainingJobRequest, CreateTrainingJobResponse } from '@aws-sdk/client-sagemaker';
import { validateCreateTrainingJob } from '../validations/create-training-job.ts';
import { requireInputObjects } from './input-objects.ts';
import { requireExperiment, trackJob } from './job-components.ts';
import { TRAINING } from './job-types.ts';
import { startJob } from './jobs.ts';
import type { Operation } from './operation.ts';
import { requireRole } from './require-role.ts';

/**
 * Input without objects is refused, but for manifests, and but for jobs that are simulated. Gaps: the role, VPCs and keys
 * are kept and described, not used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
export const createTrainingJob: Operation<CreateTrainingJobRequest, CreateTrainingJobResponse> = async (
  input,
  context,
) => {
  validateCreateTrainingJob(input);
  const sources = (input.InputDataConfig ?? []).map((channel) => channel.DataSource?.S3DataSource);
  await requireRole(context, input.RoleArn, {
    reads: sources.map((source) => source?.S3Uri),
    writes: [input.OutputDataConfig?.S3OutputPath, input.CheckpointConfig?.S3Uri],
    images: [input.AlgorithmSpecification?.TrainingImage],
  });
  await requireInputObjects(context, sources, input.RoleArn);
  await requireExperiment(context, input.ExperimentConfig);
  const name = input.TrainingJobName as string;
  const arn = await startJob(context, TRAINING, name, input);
  await trackJob(context, input.ExperimentConfig, { type: 'training', name });
  return { TrainingJobArn: arn };
};
