import type {
  CreateProcessingJobRequest,
  CreateTrainingJobRequest,
  CreateTransformJobRequest,
} from '@aws-sdk/client-sagemaker';

/** What any request may say of its outputs. */
type OutputsOfRequest = Pick<CreateTrainingJobRequest, 'OutputDataConfig'> &
  Pick<CreateProcessingJobRequest, 'ProcessingOutputConfig'> &
  Partial<Pick<CreateTransformJobRequest, 'TransformOutput'>>;

/** The S3 URIs below which a job's outputs go, whatever its type. Pure. */
export function outputPlaces(request: unknown): string[] {
  const { OutputDataConfig, ProcessingOutputConfig, TransformOutput } = request as Partial<OutputsOfRequest>;
  const uris = [
    OutputDataConfig?.S3OutputPath,
    TransformOutput?.S3OutputPath,
    ...(ProcessingOutputConfig?.Outputs ?? []).map(({ S3Output }) => S3Output?.S3Uri),
  ];
  return uris.filter((uri) => uri?.startsWith('s3://') === true) as string[];
}
