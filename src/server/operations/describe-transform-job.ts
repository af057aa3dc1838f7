import type { DescribeTransformJobRequest, DescribeTransformJobResponse } from '@aws-sdk/client-sagemaker';
import { TRANSFORM } from './job-kinds.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Gaps: members that the request left out are not filled with AWS's defaults. The message for a name that no job has was not
 * found in an answer of AWS.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTransformJob.html
 */
export const describeTransformJob: Operation<DescribeTransformJobRequest, DescribeTransformJobResponse> = (
  input,
  context,
) => describeJob(context, TRANSFORM, input.TransformJobName as string);
