import type {
  CreateTrainingJobRequest,
  UpdateTrainingJobRequest,
  UpdateTrainingJobResponse,
} from '@aws-sdk/client-sagemaker';
import { updateJobRequest } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { TRAINING } from './job-types.ts';
import { findJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Profiling, remote debugging and the warm pool's time of a job that is under way; Describe answers with them from
 * then on.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateTrainingJob.html
 */
export const updateTrainingJob: Operation<UpdateTrainingJobRequest, UpdateTrainingJobResponse> = async (
  input,
  context,
) => {
  const record = await findJob(context, TRAINING, input.TrainingJobName as string);
  const changed = {
    ...record,
    request: changedRequest(record.request, input),
    modifiedAt: context.clock().getTime(),
  };
  if (await updateJobRequest(context.state, changed, 'Job updated')) return { TrainingJobArn: record.arn };
  const { status } = await findJob(context, TRAINING, record.name);
  throw validationError(`The request was rejected because the training job is in status ${status}.`);
};

function changedRequest(
  request: CreateTrainingJobRequest,
  { ProfilerConfig, ProfilerRuleConfigurations, RemoteDebugConfig, ResourceConfig }: UpdateTrainingJobRequest,
): CreateTrainingJobRequest {
  return {
    ...request,
    ...(ProfilerConfig && { ProfilerConfig: { ...request.ProfilerConfig, ...ProfilerConfig } }),
    ...(ProfilerRuleConfigurations && { ProfilerRuleConfigurations }),
    ...(RemoteDebugConfig && { RemoteDebugConfig }),
    ...(ResourceConfig && { ResourceConfig: { ...request.ResourceConfig, ...ResourceConfig } }),
  };
}
