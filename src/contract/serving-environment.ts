/**
 * The environment of a model server: of an endpoint, or of a batch transform job.
 *
 * Source: AWS developer guide, "Use Your Own Inference Code with Batch Transform"; `SAGEMAKER_BIND_TO_PORT` and
 * `SAGEMAKER_PROGRAM` from the inference toolkits; `SAGEMAKER_MULTI_MODEL` from "Build Your Own Container for SageMaker AI
 * Multi-Model Endpoints".
 *
 * By design: the model's Environment wins over the job's additions, the transform job's Environment over both.
 */
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { MODEL_DIRECTORY } from './paths.ts';
import { type ServiceAccess, serviceEnvironment } from './service-environment.ts';

/** The port that SageMaker speaks to. */
export const SERVING_PORT = 8080;

/** What the environment of a model server is made of. */
export interface ServingEnvironmentOptions {
  /** ContainerDefinition.Environment of the model. */
  readonly modelEnvironment?: Readonly<Record<string, string>> | undefined;
  readonly region: string;
  /** Where the server must listen. @default 8080 */
  readonly port?: number;
  /** Whether the container serves many models. @default false */
  readonly multiModel?: boolean;
  /** Where the server's own AWS clients find the services. @default nowhere */
  readonly services?: ServiceAccess | undefined;
}

/** The environment of a model server. */
export function servingEnvironment(options: ServingEnvironmentOptions): Record<string, string> {
  const { modelEnvironment, region, port = SERVING_PORT, multiModel = false, services } = options;
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
    ...serviceEnvironment(services, modelEnvironment),
    SM_MODEL_DIR: MODEL_DIRECTORY,
    ...(multiModel && { SAGEMAKER_MULTI_MODEL: 'true' }),
    ...modelEnvironment,
    SAGEMAKER_BIND_TO_PORT: String(port),
  };
}

/** The environment of a batch transform job's model server. The last three variables only where the user set them. */
export function transformEnvironment(
  options: ServingEnvironmentOptions & { readonly request: CreateTransformJobRequest },
): Record<string, string> {
  const { request } = options;
  const strategy = request.BatchStrategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD';
  return {
    ...servingEnvironment(options),
    SAGEMAKER_JOB_NAME: request.TransformJobName ?? '',
    SAGEMAKER_BATCH: 'true',
    ...(request.MaxPayloadInMB === undefined
      ? {}
      : { SAGEMAKER_MAX_PAYLOAD_IN_MB: String(request.MaxPayloadInMB) }),
    ...(request.BatchStrategy === undefined ? {} : { SAGEMAKER_BATCH_STRATEGY: strategy }),
    ...(request.MaxConcurrentTransforms === undefined
      ? {}
      : { SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: String(request.MaxConcurrentTransforms) }),
    ...request.Environment,
  };
}
