import type { ContainerDefinition, CreateEndpointInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import type { Lease } from './lease.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** SageMaker's EndpointStatus. */
export type EndpointStatus =
  | 'Creating'
  | 'Updating'
  | 'RollingBack'
  | 'SystemUpdating'
  | 'InService'
  | 'OutOfService'
  | 'Deleting'
  | 'Failed'
  | 'UpdateRollbackFailed';

/** One production variant as it is deployed: all that is needed to start it again, whatever became of its model. */
export interface EndpointVariant {
  readonly name: string;
  /** As the endpoint configuration has it. */
  readonly configured: ProductionVariant;
  /** The model's containers when the variant was deployed, in their order. */
  readonly containers: readonly ContainerDefinition[];
  /** How requests go through them. */
  readonly executionMode: 'Serial' | 'Direct';
  /** Whether the model has EnableNetworkIsolation. @default false */
  readonly isolated?: boolean | undefined;
  /** Which part of the traffic it takes, relative to the other variants. */
  readonly weight: number;
  /** The ids of its instances: `i-0123456789abcdef0`. */
  readonly instances: readonly string[];
}

/** An endpoint configuration at work. */
export interface EndpointDeployment {
  readonly endpointConfigName: string;
  readonly variants: readonly EndpointVariant[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What an endpoint has come to, beside its status. */
export interface EndpointProgress {
  /** What serves. Absent until the endpoint was in service once. */
  readonly current?: EndpointDeployment;
  /** What it is being changed to. */
  readonly pending?: EndpointDeployment;
  readonly failureReason?: string;
  /** The DeploymentConfig of the last change, as it was asked for. */
  readonly deploymentConfig?: CreateEndpointInput['DeploymentConfig'];
  /** The processes that own the model servers, so that they can be ended when their owner has died. */
  readonly processes: readonly ProcessIdentity[];
}

/** An endpoint as it is kept. */
export interface EndpointRecord {
  readonly name: string;
  readonly arn: string;
  readonly status: EndpointStatus;
  /** Both times: milliseconds since 1970. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly request: CreateEndpointInput;
  readonly progress: EndpointProgress;
  /** Of the worker that serves it; `worker` is empty where none has yet. */
  readonly lease: Lease;
}
