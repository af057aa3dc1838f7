import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
  type TargetTrackingScalingPolicyConfiguration,
  UntagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../../src/executors/index.ts';
import { createConfig, createModel, deploy, eventually, invoke } from '../../harness/endpoints.ts';
import { credentials } from '../harness.ts';
import { openRuntime, type RuntimeFixture } from '../runtime/harness.ts';

const START = Date.parse('2026-03-01T10:00:30Z');
let fixture: RuntimeFixture;
let scaling: ApplicationAutoScalingClient;
/** The clock of the home, driven by the tests. */
let now = START;
beforeAll(async () => {
  fixture = await openRuntime({
    clock: () => new Date(now),
    executor: createProcessExecutor(),
    endpointLimits: { stopGraceMs: 5_000 },
  });
  await createModel(fixture, 'model');
  await deploy(fixture, 'idle', [{ VariantName: 'one', ModelName: 'model' }]);
  scaling = new ApplicationAutoScalingClient({
    endpoint: fixture.api.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  scaling.destroy();
  await fixture[Symbol.asyncDispose]();
});

const DIMENSION = 'sagemaker:variant:DesiredInstanceCount';
const resource = (endpoint: string, variant = 'one') => `endpoint/${endpoint}/variant/${variant}`;
const variantOf = (endpoint: string, variant?: string) =>
  ({
    ServiceNamespace: 'sagemaker',
    ResourceId: resource(endpoint, variant),
    ScalableDimension: DIMENSION,
  }) as const;
const invocations = (target: number, more: object = {}): TargetTrackingScalingPolicyConfiguration => ({
  TargetValue: target,
  PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
  ...more,
});

async function follow(endpoint: string, policy: TargetTrackingScalingPolicyConfiguration, max = 3) {
  await scaling.send(
    new RegisterScalableTargetCommand({ ...variantOf(endpoint), MinCapacity: 1, MaxCapacity: max }),
  );
  const put = { ...variantOf(endpoint), PolicyName: 'follow', PolicyType: 'TargetTrackingScaling' } as const;
  return scaling.send(
    new PutScalingPolicyCommand({ ...put, TargetTrackingScalingPolicyConfiguration: policy }),
  );
}

async function instances(endpoint: string): Promise<number | undefined> {
  const described = await fixture.client.send(new DescribeEndpointCommand({ EndpointName: endpoint }));
  return described.ProductionVariants?.[0]?.CurrentInstanceCount;
}

/** So many minutes pass, each with so many invocations; the autoscaler looks at the end of each. */
async function minutes(endpoint: string, count: number, invoked: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await Promise.all(Array.from({ length: invoked }, () => invoke(fixture, endpoint, {})));
    // An invocation is counted once its connection is done with it.
    await eventually(async () => sleep(1));
    now += 60_000;
    await fixture.api.jobs.jobs.endpoints.autoscaler.look();
  }
}

describe('targets, policies and tags', () => {
  test('are kept, described and removed as AWS does', async () => {
    const registered = await scaling.send(
      new RegisterScalableTargetCommand({
        ...variantOf('idle'),
        MinCapacity: 1,
        MaxCapacity: 2,
        Tags: { team: 'ml' },
      }),
    );
    const arn = registered.ScalableTargetARN as string;
    expect(arn).toMatch(
      /^arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target\/[0-9a-f]{32}$/,
    );
    await scaling.send(
      new RegisterScalableTargetCommand({
        ...variantOf('idle'),
        MaxCapacity: 4,
        SuspendedState: { DynamicScalingInSuspended: true },
      }),
    );
    const targets = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }));
    expect(targets.ScalableTargets).toMatchObject([
      {
        ...variantOf('idle'),
        MinCapacity: 1,
        MaxCapacity: 4,
        ScalableTargetARN: arn,
        CreationTime: new Date(START),
        RoleARN:
          'arn:aws:iam::123456789012:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint',
        SuspendedState: {
          DynamicScalingInSuspended: true,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
      },
    ]);
    await scaling.send(new TagResourceCommand({ ResourceARN: arn, Tags: { stage: 'test' } }));
    await scaling.send(new UntagResourceCommand({ ResourceARN: arn, TagKeys: ['team'] }));
    const { Tags } = await scaling.send(new ListTagsForResourceCommand({ ResourceARN: arn }));
    expect(Tags).toEqual({ stage: 'test' });
    const put = { ...variantOf('idle'), PolicyType: 'TargetTrackingScaling' } as const;
    const configured = { TargetTrackingScalingPolicyConfiguration: invocations(70) };
    const a = await scaling.send(new PutScalingPolicyCommand({ ...put, ...configured, PolicyName: 'a' }));
    expect(a.Alarms?.map(({ AlarmName: name }) => name)).toEqual([
      expect.stringMatching(/^TargetTracking-endpoint\/idle\/variant\/one-AlarmHigh-[0-9a-f-]{36}$/),
      expect.stringMatching(/^TargetTracking-endpoint\/idle\/variant\/one-AlarmLow-[0-9a-f-]{36}$/),
    ]);
    await scaling.send(new PutScalingPolicyCommand({ ...put, ...configured, PolicyName: 'b' }));
    const first = await scaling.send(
      new DescribeScalingPoliciesCommand({ ServiceNamespace: 'sagemaker', MaxResults: 1 }),
    );
    expect(first.ScalingPolicies).toMatchObject([
      { PolicyName: 'a', PolicyARN: a.PolicyARN, PolicyType: 'TargetTrackingScaling', ...configured },
    ]);
    const second = await scaling.send(
      new DescribeScalingPoliciesCommand({
        ServiceNamespace: 'sagemaker',
        MaxResults: 1,
        NextToken: first.NextToken,
      }),
    );
    expect(second).toMatchObject({ ScalingPolicies: [{ PolicyName: 'b' }] });
    expect(second.NextToken).toBeUndefined();
    await scaling.send(new DeleteScalingPolicyCommand({ ...variantOf('idle'), PolicyName: 'a' }));
    await scaling.send(new DeregisterScalableTargetCommand(variantOf('idle')));
    const left = await scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'sagemaker' }));
    expect(left.ScalingPolicies).toEqual([]);
  });

  const words = (what: string) =>
    `${what} service namespace: sagemaker, resource ID: endpoint/idle/variant/one, scalable dimension: ${DIMENSION}`;
  const register = (more: object) =>
    new RegisterScalableTargetCommand({ ...variantOf('idle'), MinCapacity: 1, MaxCapacity: 2, ...more });
  const put = (policy: object, more: object = {}) =>
    new PutScalingPolicyCommand({
      ...variantOf('idle'),
      PolicyName: 'p',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: invocations(70, policy),
      ...more,
    });

  test.each([
    [
      'deregistered twice',
      new DeregisterScalableTargetCommand(variantOf('idle')),
      'ObjectNotFoundException',
      words('No scalable target found for'),
    ],
    [
      'a policy without a target',
      put({}),
      'ObjectNotFoundException',
      words('No scalable target registered for'),
    ],
    [
      'a policy that there is not',
      new DeleteScalingPolicyCommand({ ...variantOf('idle'), PolicyName: 'p' }),
      'ObjectNotFoundException',
      `${words('No scaling policy found for')}, policy name: p`,
    ],
    [
      'no maximum',
      register({ MaxCapacity: undefined }),
      'ValidationException',
      'MaxCapacity must be given when a scalable target is registered.',
    ],
    [
      'a maximum below the minimum',
      register({ MinCapacity: 3 }),
      'ValidationException',
      'Maximum capacity cannot be less than minimum capacity: got 2 and 3.',
    ],
    [
      'no instance at all',
      register({ MinCapacity: 0 }),
      'ValidationException',
      'MinCapacity: expected at least 1 for a variant of an endpoint, got 0.',
    ],
    [
      'a variant that there is not',
      register({ ResourceId: resource('idle', 'two') }),
      'ValidationException',
      'Endpoint "idle" has no variant "two": endpoint/idle/variant/two',
    ],
    [
      'an endpoint that there is not',
      register({ ResourceId: resource('absent') }),
      'ValidationException',
      'Could not find endpoint "absent": endpoint/absent/variant/one',
    ],
    [
      'a resource of no kind',
      register({ ResourceId: 'idle' }),
      'ValidationException',
      'Unsupported service namespace, resource type or scalable dimension',
    ],
    [
      'a dimension of another service',
      register({ ScalableDimension: 'ecs:service:DesiredCount' }),
      'ValidationException',
      'Unsupported service namespace, resource type or scalable dimension',
    ],
    [
      'another service',
      register({ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' }),
      'ValidationException',
      `Sluice scales the instances of SageMaker's endpoints, ServiceNamespace sagemaker with ScalableDimension ${DIMENSION}; got ecs with ecs:service:DesiredCount.`,
    ],
    [
      'a dimension that AWS does not know',
      register({ ScalableDimension: 'x' }),
      'ValidationException',
      expect.stringContaining(
        "Value 'x' at 'scalableDimension' failed to satisfy constraint: Member must satisfy enum value set",
      ),
    ],
    [
      'step scaling',
      put({}, { PolicyType: 'StepScaling' }),
      'ValidationException',
      'Sluice does not serve StepScaling: give PolicyType TargetTrackingScaling with a TargetTrackingScalingPolicyConfiguration.',
    ],
    [
      'a target of 0',
      put({ TargetValue: 0 }),
      'ValidationException',
      'TargetValue: expected a number above 0, got 0.',
    ],
    [
      'a cooldown below 0',
      put({ ScaleInCooldown: -1 }),
      'ValidationException',
      'ScaleInCooldown: expected at least 0 seconds, got -1.',
    ],
    [
      'another predefined metric',
      put({
        PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
      }),
      'ValidationException',
      'Sluice serves the predefined metric SageMakerVariantInvocationsPerInstance, not LambdaProvisionedConcurrencyUtilization.',
    ],
    [
      'two metrics',
      put({ CustomizedMetricSpecification: { MetricName: 'a', Namespace: 'b', Statistic: 'Sum' } }),
      'ValidationException',
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.',
    ],
    [
      'metric math',
      put({
        PredefinedMetricSpecification: undefined,
        CustomizedMetricSpecification: { Metrics: [{ Id: 'a', Expression: 'b/c' }] },
      }),
      'ValidationException',
      'CustomizedMetricSpecification.Metrics: Sluice serves no metric math; name one metric by MetricName, Namespace, Dimensions and Statistic.',
    ],
    [
      'a token of nobody',
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker', NextToken: 'x' }),
      'InvalidNextTokenException',
      'The next token is not one that this operation has answered with.',
    ],
  ])('%s is refused', async (_what, command, name, message) => {
    await expect(scaling.send(command as never)).rejects.toMatchObject({ name, message });
  });
});

describe('a policy of invocations', () => {
  test('is followed: out with the load, in after quiet, and no request is lost', async () => {
    await deploy(fixture, 'busy', [{ VariantName: 'one', ModelName: 'model' }]);
    await follow('busy', invocations(10, { ScaleInCooldown: 600 }));
    await minutes('busy', 2, 25);
    expect(await instances('busy')).toBe(1);
    const stopped = new AbortController();
    const seen: string[] = [];
    const clients = Array.from({ length: 3 }, async () => {
      while (!stopped.signal.aborted) seen.push(String((await invoke(fixture, 'busy', { sleep: 5 })).port));
    });
    await minutes('busy', 1, 25);
    expect(await instances('busy')).toBe(3);
    await eventually(async () => expect(new Set(seen).size).toBe(3));
    stopped.abort();
    await Promise.all(clients);
    await minutes('busy', 1, 30);
    await minutes('busy', 14, 0);
    expect(await instances('busy')).toBe(3);
    await minutes('busy', 1, 0);
    expect(await instances('busy')).toBe(1);
    const { ScalingActivities: activities } = await scaling.send(
      new DescribeScalingActivitiesCommand({ ServiceNamespace: 'sagemaker', ResourceId: resource('busy') }),
    );
    expect(activities).toMatchObject([
      {
        Description: 'Setting desired instance count to 1.',
        Cause: expect.stringMatching(
          /^monitor alarm TargetTracking-endpoint\/busy\/variant\/one-AlarmLow-[0-9a-f-]{36} in state ALARM triggered policy follow$/,
        ) as string,
        StatusCode: 'Successful',
        StatusMessage:
          'Successfully set desired instance count to 1. Change successfully fulfilled by sagemaker.',
      },
      { Description: 'Setting desired instance count to 3.', StatusCode: 'Successful' },
    ]);
  });

  test('holds the limits at once, and keeps a scaled variant from being removed', async () => {
    await deploy(fixture, 'limited', [{ VariantName: 'one', ModelName: 'model' }]);
    await scaling.send(
      new RegisterScalableTargetCommand({ ...variantOf('limited'), MinCapacity: 2, MaxCapacity: 2 }),
    );
    await eventually(async () => expect(await instances('limited')).toBe(2));
    await createConfig(fixture, 'other', [{ VariantName: 'other', ModelName: 'model' }]);
    await eventually(async () =>
      expect(
        fixture.client.send(
          new UpdateEndpointCommand({ EndpointName: 'limited', EndpointConfigName: 'other' }),
        ),
      ).rejects.toMatchObject({
        name: 'ValidationException',
        message:
          'The variant(s) "[one]" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.',
      }),
    );
    await fixture.client.send(new DeleteEndpointCommand({ EndpointName: 'limited' }));
    const left = await scaling.send(
      new DescribeScalableTargetsCommand({
        ServiceNamespace: 'sagemaker',
        ResourceIds: [resource('limited')],
      }),
    );
    expect(left.ScalableTargets).toEqual([]);
  });
});
