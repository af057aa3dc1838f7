import type { CreateProcessingJobRequest, CreateProcessingJobResponse } from '@aws-sdk/client-sagemaker';
import { validateCreateProcessingJob } from '../validations/create-processing-job.ts';
import { requireExperiment, trackJob } from './job-components.ts';
import { PROCESSING } from './job-types.ts';
import { startJob } from './jobs.ts';
import type { Operation } from './operation.ts';
import { requireRole } from './require-role.ts';

/**
 * Gaps: data is looked for when the job runs, not when it is asked for. The role, VPCs and keys are kept and described, not
 * used.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
 */
export const createProcessingJob: Operation<CreateProcessingJobRequest, CreateProcessingJobResponse> = async (
  input,
  context,
) => {
  validateCreateProcessingJob(input);
  await requireRole(context, input.RoleArn, {
    reads: (input.ProcessingInputs ?? []).map(({ S3Input }) => S3Input?.S3Uri),
    writes: (input.ProcessingOutputConfig?.Outputs ?? []).map(({ S3Output }) => S3Output?.S3Uri),
    images: [input.AppSpecification?.ImageUri],
  });
  await requireExperiment(context, input.ExperimentConfig);
  const name = input.ProcessingJobName as string;
  const arn = await startJob(context, PROCESSING, name, input);
  await trackJob(context, input.ExperimentConfig, { type: 'processing', name });
  return { ProcessingJobArn: arn };
};
