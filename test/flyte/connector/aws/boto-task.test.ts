import { CreateTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { botoTaskType } from '../../../../src/flyte/connector/aws/boto-task.ts';
import type { Json } from '../../../../src/graph/index.ts';
import { type AwsGate, openAwsGate, THROTTLED } from '../../../harness/aws-gate.ts';
import { trainingRequest } from '../../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../../../server/harness.ts';
import { type ContextFixture, contextOver, flyteTask } from './harness.ts';

const ROLE = 'arn:aws:iam::123456789012:role/Test';

let api: ApiFixture;
let gate: AwsGate;
let fixture: ContextFixture;
beforeAll(async () => {
  api = await openApi();
  gate = await openAwsGate(api.url);
  fixture = contextOver(gate.url);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await gate[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function call(
  method: string,
  config: Json,
  inputs: Readonly<Record<string, Json>> = {},
  service = 'sagemaker',
) {
  const custom = { service, method, config, region: 'us-east-1', images: { main: 'sluice/node:24' } };
  return botoTaskType.execute({ ...flyteTask(config, { inputs }), custom }, fixture.context);
}

const MODEL = {
  ModelName: 'flyte-{idempotence_token}',
  ExecutionRoleArn: ROLE,
  PrimaryContainer: { Image: '{images.main}' },
};

test('a model that is there already is what was asked for, under flytekit’s own name', async () => {
  const made = await call('create_model', MODEL);
  expect(made).toEqual({
    phase: 'SUCCEEDED',
    outputs: {
      result: { ModelArn: expect.stringMatching(/:model\/flyte-[0-9a-f]{16}$/) },
      idempotence_token: expect.stringMatching(/^[0-9a-f]{16}$/),
    },
  });
  await expect(call('create_model', MODEL)).resolves.toEqual(made);
});

test('an answer is a dictionary, its times are text, and it says how the request went', async () => {
  await api.client.send(new CreateTrainingJobCommand(await trainingRequest(api.jobs, 'told', '')));
  await api.jobs.jobs.training.wait('told');
  const { outputs } = await call(
    'describe_training_job',
    { TrainingJobName: '{inputs.name}' },
    { name: 'told' },
  );
  expect(outputs).toMatchObject({
    result: {
      TrainingJobName: 'told',
      TrainingJobStatus: 'Completed',
      CreationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+00:00$/),
      ResponseMetadata: { HTTPStatusCode: 200, RetryAttempts: expect.any(Number) },
    },
    idempotence_token: '',
  });
});

test('throttling is asked again, and never the task’s failure', async () => {
  gate.refusal = { operations: /^ListModels$/, ...THROTTLED };
  await expect(call('list_models', {})).rejects.toMatchObject({ fault: 'system' });
  expect(gate.asked.filter((each) => each === 'ListModels').length).toBeGreaterThan(1);
  gate.refusal = undefined;
  await expect(call('list_models', {})).resolves.toMatchObject({ phase: 'SUCCEEDED' });
});

test.each([
  ['iam', 'create_user', /no client of the service 'iam'/],
  ['sagemaker', 'create_modell', /no method 'create_modell'/],
  ['sagemaker', 'create_model', /CreateModel has no member 'Name'/],
  ['', 'create_model', /does not say which service/],
])('%s.%s is refused', async (service, method, message) => {
  const asked = call(method, { Name: 'a' }, {}, service);
  await expect(asked).rejects.toMatchObject({ fault: 'user', message: expect.stringMatching(message) });
});

test('an operation that the server does not have is refused in plain words', async () => {
  await expect(call('list_domains', {})).rejects.toMatchObject({
    message: `${gate.url} has no ListDomains of SageMaker.`,
  });
});
