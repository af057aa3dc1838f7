import type { DescribeTransformJobRequest, DescribeTransformJobResponse } from '@aws-sdk/client-sagemaker';
import { TRANSFORM } from './job-types.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * The compression and split type of the input, how the output is assembled and DataProcessing are filled with AWS's
 * defaults. Gaps: those that a container's execution parameters may set are not. The message for a name that no job has was not found in an answer of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTransformJob.html
 */
export const describeTransformJob: Operation<
  DescribeTransformJobRequest,
  DescribeTransformJobResponse
> = async (input, context) => {
  const job = await describeJob(context, TRANSFORM, input.TransformJobName as string);
  return {
    ...job,
    TransformInput: {
      CompressionType: 'None',
      SplitType: 'None',
      ...(job.TransformInput as NonNullable<typeof job.TransformInput>),
    },
    DataProcessing: { InputFilter: '$', OutputFilter: '$', JoinSource: 'None', ...job.DataProcessing },
    ...(job.TransformOutput && {
      TransformOutput: { AssembleWith: 'None', KmsKeyId: '', ...job.TransformOutput },
    }),
  };
};
