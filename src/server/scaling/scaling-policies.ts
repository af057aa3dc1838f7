import { randomUUID } from 'node:crypto';
import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import { partitionOf } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import {
  deleteScalingPolicy as deletePolicy,
  getScalableTarget,
  listScalingPolicies,
  putScalingPolicy as putPolicy,
  type ScalingPolicyRecord,
} from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import { AwsError, validationError } from '../wire/aws-error.ts';
import { checkTargetTracking } from './check-target-tracking.ts';
import { DIMENSION, expectVariant, SERVICE } from './expect-variant.ts';
import { policyNotFound, type TargetInput, targetNotFound } from './scaling-errors.ts';
import { type ScalingPageInput, scalingPage } from './scaling-page.ts';

interface PutScalingPolicyInput extends TargetInput {
  readonly PolicyName: string;
  readonly PolicyType?: string;
  readonly TargetTrackingScalingPolicyConfiguration?: TargetTrackingScalingPolicyConfiguration;
}

interface DescribeScalingPoliciesInput extends ScalingPageInput {
  readonly PolicyNames?: readonly string[];
  readonly ResourceId?: string;
}

/** Of one target, as AWS allows. */
const MOST_POLICIES = 50;

/**
 * Target tracking of `SageMakerVariantInvocationsPerInstance`, or of one metric of CloudWatch that is named. Gaps: step
 * and predictive scaling, metric math, metrics of high resolution and scheduled actions are refused; alarms are named,
 * but CloudWatch has none to show.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
 */
export const putScalingPolicy: Operation<PutScalingPolicyInput, object> = async (
  input,
  { state, account, clock },
) => {
  expectVariant(input);
  const request = checkedPolicy(input);
  if (!(await getScalableTarget(state, input.ResourceId))) throw targetNotFound(input, 'registered');
  const known = await listScalingPolicies(state, input.ResourceId);
  if (known.length >= MOST_POLICIES && !known.some(({ name }) => name === input.PolicyName)) {
    throw new AwsError('LimitExceededException', `A scalable target has at most ${MOST_POLICIES} policies.`);
  }
  const policy: ScalingPolicyRecord = {
    resource: input.ResourceId,
    name: input.PolicyName,
    arn: policyArn(account, input),
    createdAt: clock().getTime(),
    request,
  };
  const arn = await putPolicy(state, policy);
  return { PolicyARN: arn, Alarms: alarmsOf({ ...policy, arn }, account) };
};

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html */
export const describeScalingPolicies: Operation<DescribeScalingPoliciesInput, object> = async (
  input,
  { state, account },
) => {
  const { PolicyNames: names, ResourceId: resource, ScalableDimension: dimension = DIMENSION } = input;
  const served = input.ServiceNamespace === SERVICE && dimension === DIMENSION;
  const all = served ? await listScalingPolicies(state, resource) : [];
  const wanted = names === undefined ? all : all.filter(({ name }) => names.includes(name));
  const { rows, ...next } = scalingPage(input, wanted, (policy) => `${policy.resource} ${policy.name}`);
  const described = rows.map((policy) => ({
    PolicyARN: policy.arn,
    PolicyName: policy.name,
    ServiceNamespace: SERVICE,
    ResourceId: policy.resource,
    ScalableDimension: DIMENSION,
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: policy.request,
    Alarms: alarmsOf(policy, account),
    CreationTime: new Date(policy.createdAt),
  }));
  return { ScalingPolicies: described, ...next };
};

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeleteScalingPolicy.html */
export const deleteScalingPolicy: Operation<TargetInput & { readonly PolicyName: string }, object> = async (
  input,
  { state },
) => {
  expectVariant(input);
  if (!(await deletePolicy(state, input.ResourceId, input.PolicyName))) throw policyNotFound(input);
  return {};
};

/** @throws AwsError `ValidationException` */
function checkedPolicy(input: PutScalingPolicyInput): TargetTrackingScalingPolicyConfiguration {
  const { PolicyType: type = 'StepScaling', TargetTrackingScalingPolicyConfiguration: request } = input;
  if (type !== 'TargetTrackingScaling') {
    const default_ = input.PolicyType === undefined ? ', which is what a policy without PolicyType is' : '';
    throw validationError(
      `Sluice does not serve ${type}${default_}: give PolicyType TargetTrackingScaling with a TargetTrackingScalingPolicyConfiguration.`,
    );
  }
  if (!request)
    throw validationError('TargetTrackingScaling needs a TargetTrackingScalingPolicyConfiguration.');
  checkTargetTracking(request);
  return request;
}

function policyArn(
  { region, accountId }: Account,
  { ResourceId: resource, PolicyName: name }: PutScalingPolicyInput,
): string {
  const place = `arn:${partitionOf(region)}:autoscaling:${region}:${accountId}`;
  return `${place}:scalingPolicy:${randomUUID()}:resource/${SERVICE}/${resource}:policyName/${name}`;
}

/** The two alarms that AWS makes for a policy. */
function alarmsOf({ resource, arn, request }: ScalingPolicyRecord, { region, accountId }: Account): object[] {
  const id = /scalingPolicy:([0-9a-f-]+):/.exec(arn)?.[1] ?? '';
  const kinds = request.DisableScaleIn ? ['AlarmHigh'] : ['AlarmHigh', 'AlarmLow'];
  return kinds.map((kind) => {
    const name = `TargetTracking-${resource}-${kind}-${id}`;
    return {
      AlarmName: name,
      AlarmARN: `arn:${partitionOf(region)}:cloudwatch:${region}:${accountId}:alarm:${name}`,
    };
  });
}
