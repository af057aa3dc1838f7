/**
 * Application Auto Scaling over the variants of this home's endpoints.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/. Gaps: of other services nothing is scaled;
 * scheduled actions and forecasts are not served.
 * By design: policies are followed by the server that serves the endpoint, which looks each minute; a target goes with
 * its endpoint.
 */
import type { Operation, OperationContext } from '../operations/operation.ts';
import type { Service } from '../wire/http.ts';
import { createJsonService } from '../wire/json-service.ts';
import { scalingModel } from '../wire/model/scaling.gen.ts';
import {
  deregisterScalableTarget,
  describeScalableTargets,
  registerScalableTarget,
} from './scalable-targets.ts';
import { describeScalingActivities } from './scaling-activities.ts';
import { deleteScalingPolicy, describeScalingPolicies, putScalingPolicy } from './scaling-policies.ts';
import { listTagsForResource, tagResource, untagResource } from './target-tags.ts';

/** The service over the endpoints of one home. */
export function createScaling(context: OperationContext, log: (message: string) => void): Service {
  const bind =
    <Input, Output extends object>(operation: Operation<Input, Output>) =>
    (input: Input) =>
      operation(input, context);
  return createJsonService({
    name: 'Application Auto Scaling',
    model: scalingModel,
    operations: {
      DeleteScalingPolicy: bind(deleteScalingPolicy),
      DeregisterScalableTarget: bind(deregisterScalableTarget),
      DescribeScalableTargets: bind(describeScalableTargets),
      DescribeScalingActivities: bind(describeScalingActivities),
      DescribeScalingPolicies: bind(describeScalingPolicies),
      ListTagsForResource: bind(listTagsForResource),
      PutScalingPolicy: bind(putScalingPolicy),
      RegisterScalableTarget: bind(registerScalableTarget),
      TagResource: bind(tagResource),
      UntagResource: bind(untagResource),
    } satisfies Record<keyof typeof scalingModel.operations, unknown>,
    log,
  });
}
