import type {
  DescribeTrialComponentRequest,
  DescribeTrialComponentResponse,
} from '@aws-sdk/client-sagemaker';
import { entityFacts, getEntity } from './experiment-entities.ts';
import { type JobComponent, jobFacts } from './job-components.ts';
import type { Operation } from './operation.ts';

/**
 * That of a job tells of its status, times, hyperparameters and metrics as they are now. Gaps: of metrics the last value
 * alone; inputs and outputs of jobs are not told as artifacts, nor who has created it.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrialComponent.html
 */
export const describeTrialComponent: Operation<
  DescribeTrialComponentRequest,
  DescribeTrialComponentResponse
> = async (input, context) => {
  const record = await getEntity<JobComponent>(
    context,
    'experiment-trial-component',
    input.TrialComponentName as string,
  );
  const { job, ...request } = record.request;
  return {
    TrialComponentName: record.name,
    TrialComponentArn: record.arn,
    ...entityFacts(record),
    Status: request.Status,
    StartTime: request.StartTime && new Date(request.StartTime),
    EndTime: request.EndTime && new Date(request.EndTime),
    Parameters: request.Parameters,
    InputArtifacts: request.InputArtifacts,
    OutputArtifacts: request.OutputArtifacts,
    MetadataProperties: request.MetadataProperties,
    ...(job && (await jobFacts(context, job))),
  };
};
