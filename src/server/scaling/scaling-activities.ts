import { listScalingActivities, type ScalingActivityRecord } from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';
import { DIMENSION, SERVICE } from './expect-variant.ts';
import { makeToken, pageSize, readToken, type ScalingPageInput } from './scaling-page.ts';

interface DescribeScalingActivitiesInput extends ScalingPageInput {
  readonly ResourceId?: string;
}

/**
 * The newest first, of the last six weeks. Gaps: activities that did not scale are not kept.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
 */
export const describeScalingActivities: Operation<DescribeScalingActivitiesInput, object> = async (
  input,
  { state },
) => {
  const limit = pageSize(input);
  const { ResourceId: resource, ScalableDimension: dimension = DIMENSION, NextToken: token } = input;
  const before = token === undefined ? undefined : readId(token);
  const served = input.ServiceNamespace === SERVICE && dimension === DIMENSION;
  const found = served ? await listScalingActivities(state, { resource, before, limit: limit + 1 }) : [];
  const rows = found.slice(0, limit);
  return {
    ScalingActivities: rows.map(describe),
    ...(found.length > limit && { NextToken: makeToken(String(rows.at(-1)?.id)) }),
  };
};

function describe(activity: ScalingActivityRecord): object {
  const { endedAt } = activity;
  return {
    ActivityId: activity.activityId,
    ServiceNamespace: SERVICE,
    ResourceId: activity.resource,
    ScalableDimension: DIMENSION,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startedAt),
    ...(endedAt !== undefined && { EndTime: new Date(endedAt) }),
    StatusCode: activity.status,
    StatusMessage: activity.message,
  };
}

function readId(token: string): number {
  const id = readToken(token);
  if (/^\d{1,15}$/.test(id)) return Number(id);
  throw new AwsError(
    'InvalidNextTokenException',
    'The next token is not one that this operation has answered with.',
  );
}
