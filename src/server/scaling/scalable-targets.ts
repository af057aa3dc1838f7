import { createHash } from 'node:crypto';
import { partitionOf } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';
import {
  deleteScalableTarget,
  getEndpoint,
  getScalableTarget,
  listScalableTargets,
  putScalableTarget,
  type ScalableTargetRecord,
  type ScalableTargetSettings,
} from '../../state/index.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { validationError } from '../wire/aws-error.ts';
import { DIMENSION, expectVariant, SERVICE } from './expect-variant.ts';
import { type TargetInput, targetNotFound, unsupported } from './scaling-errors.ts';
import { type ScalingPageInput, scalingPage } from './scaling-page.ts';

interface SuspendedState {
  readonly DynamicScalingInSuspended?: boolean;
  readonly DynamicScalingOutSuspended?: boolean;
  readonly ScheduledScalingSuspended?: boolean;
}

interface RegisterScalableTargetInput extends TargetInput {
  readonly MinCapacity?: number;
  readonly MaxCapacity?: number;
  readonly RoleARN?: string;
  readonly SuspendedState?: SuspendedState;
  readonly Tags?: Readonly<Record<string, string>>;
}

interface DescribeScalableTargetsInput extends ScalingPageInput {
  readonly ResourceIds?: readonly string[];
}

/**
 * A capacity beyond MinCapacity and MaxCapacity is changed at once. Gaps: the texts for capacities that are missing or
 * wrong, and for an endpoint or variant that there is not, are ours; MinCapacity is at least 1.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
 */
export const registerScalableTarget: Operation<RegisterScalableTargetInput, object> = async (
  input,
  context,
) => {
  const { endpoint, variant } = expectVariant(input);
  const { state, account, clock, jobs } = context;
  const record = await getEndpoint(state, endpoint);
  const deployment = record?.progress.current ?? record?.progress.pending;
  const found = deployment?.variants.find(({ name }) => name === variant);
  if (!found) {
    const what = record
      ? `Endpoint "${endpoint}" has no variant "${variant}"`
      : `Could not find endpoint "${endpoint}"`;
    throw validationError(`${what}: ${input.ResourceId}`);
  }
  if (found.configured.ServerlessConfig) throw unsupported();
  const known = await getScalableTarget(state, input.ResourceId);
  if (known && input.Tags && Object.keys(input.Tags).length > 0) {
    throw validationError(
      'The scalable target that you tried to tag already exists. To update tags on an existing scalable target, use the TagResource API.',
    );
  }
  const target: ScalableTargetRecord = {
    resource: input.ResourceId,
    arn: known?.arn ?? targetArn(account, input.ResourceId),
    createdAt: known?.createdAt ?? clock().getTime(),
    settings: settingsOf(input, known?.settings, account),
  };
  await putScalableTarget(state, target);
  void jobs.endpoints.autoscaler.look();
  return { ScalableTargetARN: target.arn };
};

/** @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html */
export const describeScalableTargets: Operation<DescribeScalableTargetsInput, object> = async (
  input,
  { state },
) => {
  const all = input.ServiceNamespace === SERVICE ? await listScalableTargets(state) : [];
  const wanted = all.filter(
    ({ resource }) =>
      (input.ResourceIds === undefined || input.ResourceIds.includes(resource)) &&
      (input.ScalableDimension ?? DIMENSION) === DIMENSION,
  );
  const { rows, ...next } = scalingPage(input, wanted, ({ resource }) => resource);
  return { ScalableTargets: rows.map(describe), ...next };
};

/**
 * Its policies go with it; the instances stay.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
 */
export const deregisterScalableTarget: Operation<TargetInput, object> = async (input, { state }) => {
  expectVariant(input);
  if (!(await deleteScalableTarget(state, input.ResourceId))) throw targetNotFound(input);
  return {};
};

function describe({ resource, arn, createdAt, settings }: ScalableTargetRecord): object {
  return {
    ServiceNamespace: SERVICE,
    ResourceId: resource,
    ScalableDimension: DIMENSION,
    MinCapacity: settings.minCapacity,
    MaxCapacity: settings.maxCapacity,
    RoleARN: settings.roleArn,
    CreationTime: new Date(createdAt),
    SuspendedState: {
      DynamicScalingInSuspended: settings.suspended.in,
      DynamicScalingOutSuspended: settings.suspended.out,
      ScheduledScalingSuspended: settings.suspended.scheduled,
    },
    ScalableTargetARN: arn,
  };
}

/** @throws AwsError `ValidationException` */
function settingsOf(
  input: RegisterScalableTargetInput,
  known: ScalableTargetSettings | undefined,
  account: Account,
): ScalableTargetSettings {
  const { MinCapacity: min = known?.minCapacity, MaxCapacity: max = known?.maxCapacity } = input;
  if (min === undefined)
    throw validationError('MinCapacity must be given when a scalable target is registered.');
  if (max === undefined)
    throw validationError('MaxCapacity must be given when a scalable target is registered.');
  if (min < 1)
    throw validationError(`MinCapacity: expected at least 1 for a variant of an endpoint, got ${min}.`);
  if (max < min)
    throw validationError(`Maximum capacity cannot be less than minimum capacity: got ${max} and ${min}.`);
  const { SuspendedState: asked = {} } = input;
  return {
    minCapacity: min,
    maxCapacity: max,
    roleArn: known?.roleArn ?? linkedRole(account),
    suspended: {
      in: asked.DynamicScalingInSuspended ?? known?.suspended.in ?? false,
      out: asked.DynamicScalingOutSuspended ?? known?.suspended.out ?? false,
      scheduled: asked.ScheduledScalingSuspended ?? known?.suspended.scheduled ?? false,
    },
    tags: known?.tags ?? input.Tags ?? {},
  };
}

/** For SageMaker a RoleARN that is given is of no use, as at AWS: the service's own role is. */
function linkedRole({ region, accountId }: Account): string {
  return `arn:${partitionOf(region)}:iam::${accountId}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`;
}

function targetArn({ region, accountId }: OperationContext['account'], resource: string): string {
  const id = createHash('sha256').update(`${resource}/${DIMENSION}`).digest('hex').slice(0, 28);
  return `arn:${partitionOf(region)}:application-autoscaling:${region}:${accountId}:scalable-target/0ec5${id}`;
}
