import {
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpointTaskType as type } from '../../../../src/flyte/connector/aws/endpoint-task.ts';
import { type AwsGate, openAwsGate, THROTTLED } from '../../../harness/aws-gate.ts';
import { type ApiFixture, openApi } from '../../../server/harness.ts';
import { type ContextFixture, contextOver, ended, flyteTask } from './harness.ts';

const PATIENCE = { timeout: 120_000 };
const ROLE = 'arn:aws:iam::123456789012:role/Test';

let api: ApiFixture;
let gate: AwsGate;
let fixture: ContextFixture;
beforeAll(async () => {
  api = await openApi();
  gate = await openAwsGate(api.url);
  fixture = contextOver(gate.url);
  const container = { Image: 'sluice/node:24' };
  await api.client.send(
    new CreateModelCommand({ ModelName: 'model', PrimaryContainer: container, ExecutionRoleArn: ROLE }),
  );
  const variant = { VariantName: 'AllTraffic', ModelName: 'model', InstanceType: 'ml.m5.large' as const };
  await api.client.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: 'config',
      ProductionVariants: [{ ...variant, InitialInstanceCount: 1 }],
    }),
  );
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await gate[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const config = (EndpointName: string) => ({ EndpointName, EndpointConfigName: 'config' });

test('an endpoint is made once for one configuration, however often it is asked for, and deleted', async () => {
  const task = flyteTask(config('e-{idempotence_token}'));
  const handle = await type.create(task, fixture.context);
  const again = await type.create({ ...task, attempt: undefined }, fixture.context);
  expect(again).toMatchObject({ name: (handle as { name: string }).name });
  await expect(type.get(handle, fixture.context)).resolves.toMatchObject({
    info: { endpoint: expect.stringMatching(/^e-[0-9a-f]{16}$/) },
  });
  await type.delete(handle, fixture.context);
  await type.delete(handle, fixture.context);
});

test('throttling fails no endpoint', async () => {
  gate.refusal = { operations: /^CreateEndpoint$/, ...THROTTLED };
  const handle = await type.create(flyteTask(config('throttled')), fixture.context);
  await expect(type.get(handle, fixture.context)).resolves.toMatchObject({ phase: 'QUEUED' });
  gate.refusal = undefined;
  await expect(type.get(handle, fixture.context)).resolves.toMatchObject({ phase: 'INITIALIZING' });
  await type.delete(handle, fixture.context);
});

test('an endpoint that has failed is told with its reason, and deleted: after its last attempt nobody else does it', async () => {
  const handle = await type.create(flyteTask(config('fails')), fixture.context);
  const state = await ended(type, handle, fixture.context);
  expect(state).toMatchObject({ phase: 'RETRYABLE_FAILED', message: expect.stringMatching(/^Failed: ./) });
  await expect
    .poll(
      () => api.client.send(new DescribeEndpointCommand({ EndpointName: 'fails' })).catch(String),
      PATIENCE,
    )
    .toContain('Could not find endpoint');
});

test.each([
  [{ EndpointConfigName: 'config' }, /config.EndpointName has to be a text/],
  [{ EndpointName: 'e', EndpointConfigName: 'absent' }, /Could not find endpoint configuration/],
])('%j is the user’s to mend', async (given, message) => {
  await expect(type.create(flyteTask(given), fixture.context)).rejects.toMatchObject({
    fault: 'user',
    message: expect.stringMatching(message),
  });
});
