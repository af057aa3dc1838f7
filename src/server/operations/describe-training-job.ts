import type {
  Channel,
  DescribeTrainingJobRequest,
  DescribeTrainingJobResponse,
} from '@aws-sdk/client-sagemaker';
import { TRAINING } from './job-types.ts';
import { describeJob } from './jobs.ts';
import type { Operation } from './operation.ts';

/**
 * Members that the request left out are filled with AWS's defaults, as they are in an answer of AWS that the repository
 * sankhaMukherjee/sageMaker quotes. Gaps: those of profiling, because no job is profiled here.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */
export const describeTrainingJob: Operation<DescribeTrainingJobRequest, DescribeTrainingJobResponse> = async (
  input,
  context,
) => withTrainingDefaults(await describeJob(context, TRAINING, input.TrainingJobName as string));

/** A description with AWS's defaults in it. */
export function withTrainingDefaults(job: DescribeTrainingJobResponse): DescribeTrainingJobResponse {
  return {
    EnableNetworkIsolation: false,
    EnableInterContainerTrafficEncryption: false,
    EnableManagedSpotTraining: false,
    ...job,
    AlgorithmSpecification: {
      EnableSageMakerMetricsTimeSeries: false,
      ...(job.AlgorithmSpecification as NonNullable<typeof job.AlgorithmSpecification>),
    },
    ...(job.InputDataConfig && { InputDataConfig: job.InputDataConfig.map(withDefaults) }),
    OutputDataConfig: {
      KmsKeyId: '',
      CompressionType: 'GZIP',
      ...(job.OutputDataConfig as NonNullable<typeof job.OutputDataConfig>),
    },
  };
}

function withDefaults(channel: Channel): Channel {
  const source = channel.DataSource?.S3DataSource;
  return {
    CompressionType: 'None',
    RecordWrapperType: 'None',
    ...channel,
    ...(source && {
      DataSource: { S3DataSource: { S3DataDistributionType: 'FullyReplicated', ...source } },
    }),
  };
}
