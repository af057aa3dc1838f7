import type {
  DescribeProcessingJobRequest,
  DescribeProcessingJobResponse,
  ProcessingInput,
  ProcessingOutput,
  ProcessingS3Input,
} from '@aws-sdk/client-sagemaker';
import { PROCESSING } from './job-types.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Members of inputs and outputs that the request left out are filled with AWS's defaults, as its SDK's notebooks show
 * them. Gaps: no StoppingCondition is made up, because there is no limit here without one. The message for a name that no job has was not found in an answer of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html
 */
export const describeProcessingJob: Operation<
  DescribeProcessingJobRequest,
  DescribeProcessingJobResponse
> = async (input, context) => {
  const job = await describeJob(context, PROCESSING, input.ProcessingJobName as string);
  return {
    ...job,
    ...(job.ProcessingInputs && { ProcessingInputs: job.ProcessingInputs.map(describeInput) }),
    ...(job.ProcessingOutputConfig && {
      ProcessingOutputConfig: {
        ...job.ProcessingOutputConfig,
        Outputs: job.ProcessingOutputConfig.Outputs?.map(describeOutput),
      },
    }),
  };
};

function describeInput(input: ProcessingInput): ProcessingInput {
  return { AppManaged: false, ...input, ...(input.S3Input && { S3Input: describeS3Input(input.S3Input) }) };
}

function describeS3Input(input: ProcessingS3Input): ProcessingS3Input {
  return {
    S3InputMode: 'File',
    S3DataDistributionType: 'FullyReplicated',
    S3CompressionType: 'None',
    ...input,
  };
}

function describeOutput(output: ProcessingOutput): ProcessingOutput {
  return { AppManaged: false, ...output };
}
