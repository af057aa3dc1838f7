import type { DescribeTransformJobRequest, DescribeTransformJobResponse } from '@aws-sdk/client-sagemaker';
import { TRANSFORM } from './job-kinds.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * The compression and split type of the input and how the output is assembled are filled with AWS's defaults. Gaps: other
 * members that the request left out are not. The message for a name that no job has was not found in an answer of AWS.
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
    ...(job.TransformOutput && {
      TransformOutput: { AssembleWith: 'None', KmsKeyId: '', ...job.TransformOutput },
    }),
  };
};
