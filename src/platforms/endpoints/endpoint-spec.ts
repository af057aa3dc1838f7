import type { VpcConfig } from '@aws-sdk/client-sagemaker';

/** An endpoint as it is to be, on any server that speaks SageMaker's API. */
export interface EndpointSpec {
  readonly name: string;
  /** One at least. */
  readonly variants: readonly VariantSpec[];
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Of the disks of instances. */
  readonly kmsKeyId?: string | undefined;
}

/** One model that takes a part of an endpoint's traffic. */
export interface VariantSpec {
  readonly name: string;
  readonly model: ModelSpec;
  /** Which part of the traffic, relative to the other variants. @default 1 */
  readonly weight?: number | undefined;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly scaling?: ScalingSpec | undefined;
}

/** A model, and what serves it. */
export interface ModelSpec {
  readonly image: string;
  /** A model.tar.gz, or of many models the prefix that they lie below. Absent: the image has its own. */
  readonly dataUrl?: string | undefined;
  /** `MultiModel`: each invocation names its model. @default 'SingleModel' */
  readonly mode?: 'SingleModel' | 'MultiModel' | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly vpc?: VpcConfig | undefined;
}

/** How the instances of a variant follow its load. */
export interface ScalingSpec {
  /** Both in instances. */
  readonly min: number;
  readonly max: number;
  /** Invocations for each instance and minute that are aimed at. */
  readonly invocationsPerInstance: number;
  /** Seconds. @default 300 */
  readonly scaleOutCooldown?: number | undefined;
  readonly scaleInCooldown?: number | undefined;
}

/** The name of the only variant of an endpoint, as SageMaker's SDK has it. */
export const ONLY_VARIANT = 'AllTraffic';
