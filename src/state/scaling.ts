import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';

/** What a scalable target may be scaled to. */
export interface ScalableTargetSettings {
  /** Both in instances. */
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly roleArn: string;
  /** What is not done for now. */
  readonly suspended: { readonly out: boolean; readonly in: boolean; readonly scheduled: boolean };
  readonly tags: Readonly<Record<string, string>>;
}

/** A variant of an endpoint that may be scaled. */
export interface ScalableTargetRecord {
  /** `endpoint/<name>/variant/<name>` */
  readonly resource: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly settings: ScalableTargetSettings;
}

/** A rule by which a target is scaled. */
export interface ScalingPolicyRecord {
  readonly resource: string;
  readonly name: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly request: TargetTrackingScalingPolicyConfiguration;
}

/** What was done to scale a target, in AWS's words. */
export interface ScalingActivity {
  readonly activityId: string;
  readonly description: string;
  readonly cause: string;
  /** In instances: before, and after. */
  readonly from: number;
  readonly to: number;
  readonly status: 'InProgress' | 'Successful' | 'Failed';
  readonly message: string;
  /** Milliseconds since 1970. @default it is under way */
  readonly endedAt?: number | undefined;
}

/** An activity as it is kept. */
export interface ScalingActivityRecord extends ScalingActivity {
  /** They grow with time. */
  readonly id: number;
  readonly resource: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}
