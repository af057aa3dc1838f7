import type {
  ContainerDefinition,
  CreateModelInput,
  DescribeModelInput,
  DescribeModelOutput,
} from '@aws-sdk/client-sagemaker';
import type { Operation } from './operation.ts';
import { getNamed } from './resources.ts';

/**
 * Mode, Environment, ModelDataSource and EnableNetworkIsolation are filled as in an answer of AWS that the tests of
 * aws/sagemaker-python-sdk quote. Gaps: no DeploymentRecommendation is made.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModel.html
 */
export const describeModel: Operation<DescribeModelInput, DescribeModelOutput> = async (input, context) => {
  const record = await getNamed<CreateModelInput>(context, 'model', input.ModelName as string);
  return {
    EnableNetworkIsolation: false,
    ...record.request,
    PrimaryContainer: record.request.PrimaryContainer && withDefaults(record.request.PrimaryContainer),
    Containers: record.request.Containers?.map(withDefaults),
    ModelName: record.name,
    ModelArn: record.arn,
    CreationTime: new Date(record.createdAt),
  };
};

/** A container of a model as AWS describes it; an archive in S3 is told twice, in the older way and in the newer. */
function withDefaults(container: ContainerDefinition): ContainerDefinition {
  const { ModelDataUrl: uri, Mode: mode = 'SingleModel' } = container;
  const archive = mode === 'SingleModel' && uri !== undefined && uri !== '';
  return {
    Mode: mode,
    Environment: {},
    ...(archive && {
      ModelDataSource: { S3DataSource: { S3Uri: uri, S3DataType: 'S3Object', CompressionType: 'Gzip' } },
    }),
    ...container,
  };
}
