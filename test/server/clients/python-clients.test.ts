// Needs: python
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateEndpointCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConfig, createModel } from '../../harness/endpoints.ts';
import { putCode } from '../../harness/job-requests.ts';
import { pythonClients } from '../../harness/s3-clients.ts';
import { type ApiFixture, openApi } from '../harness.ts';

const run = promisify(execFile);
const fixtures = fileURLToPath(new URL('../../fixtures/sagemaker', import.meta.url));
let api: ApiFixture;
let programs: string;
beforeAll(async () => {
  programs = await pythonClients('aws');
  api = await openApi();
}, 600_000);
afterAll(() => api[Symbol.asyncDispose]());

async function client(program: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: api.jobs.home,
    AWS_ENDPOINT_URL: api.url,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return (await run(join(programs, program), args, { env, timeout: 170_000 })).stdout;
}

const aws = async (...args: string[]) => client('aws', '--output', 'json', ...args);

test('boto3 with the endpoint URL alone: a job, its waiter, its logs, pages and errors', async () => {
  await putCode(
    api.jobs,
    'with-boto3',
    "open('/opt/ml/model/weights', 'w').write('1')\nprint('loss=0.25')",
    'py',
  );
  const seen = JSON.parse(
    await client('python', join(fixtures, 'boto3_client.py'), api.jobs.bucket, 'with-boto3'),
  ) as Record<string, unknown>;
  const arn = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/with-boto3';
  expect(seen).toMatchObject({
    account: '123456789012',
    arn,
    status: 'Completed',
    artifacts: `s3://${api.jobs.bucket}/out/with-boto3/output/model.tar.gz`,
    metrics: { loss: 0.25 },
    tags: [{ Key: 'team', Value: 'ml' }],
    listed: ['with-boto3'],
    taken: [
      'ResourceInUse',
      {
        Code: 'ResourceInUse',
        Message: `Training job names must be unique within an AWS account and region, and a training job with this name already exists (${arn})`,
      },
      400,
    ],
    stopped: [
      'ClientError',
      {
        Code: 'ValidationException',
        Message: 'The request was rejected because the training job is in status Completed.',
      },
      400,
    ],
    missing: ['ClientError', { Code: 'ValidationException', Message: 'Requested resource not found.' }, 400],
    unserved: [
      'ClientError',
      {
        Code: 'UnknownOperationException',
        Message: 'Sluice does not serve the operation ListNotebookInstances of SageMaker.',
      },
      400,
    ],
  });
  expect(seen['lines']).toContain('loss=0.25');
  expect(Math.abs(Date.parse(seen['created'] as string) - Date.now())).toBeLessThan(600_000);
});

test('the AWS CLI with the endpoint URL alone', async () => {
  const model = ['--model-name', 'with-cli', '--primary-container', 'Image=sluice/node:24'];
  await aws(
    'sagemaker',
    'create-model',
    ...model,
    '--execution-role-arn',
    'arn:aws:iam::123456789012:role/Test',
  );
  const described = JSON.parse(
    await aws('sagemaker', 'describe-model', '--model-name', 'with-cli'),
  ) as object;
  expect(described).toMatchObject({ ModelName: 'with-cli', PrimaryContainer: { Image: 'sluice/node:24' } });
  const listed = JSON.parse(await aws('sagemaker', 'list-models', '--sort-by', 'Name')) as object;
  expect(listed).toMatchObject({ Models: [{ ModelName: 'with-cli' }] });
  const groups = JSON.parse(await aws('logs', 'describe-log-groups')) as { logGroups: object[] };
  expect(groups.logGroups).toHaveLength(3);
  const caller = JSON.parse(await aws('sts', 'get-caller-identity')) as object;
  expect(caller).toMatchObject({ Account: '123456789012' });
  await expect(aws('sagemaker', 'delete-model', '--model-name', 'absent')).rejects.toMatchObject({
    stderr: expect.stringContaining(
      'An error occurred (ValidationException) when calling the DeleteModel operation: Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/absent".',
    ) as string,
  });
});

test('boto3 with the endpoint URL alone: what scales a variant of an endpoint', async () => {
  const { client: sagemaker, jobs } = api;
  const deployer = { client: sagemaker, store: jobs.store, bucket: jobs.bucket };
  await createModel(deployer, 'scaled');
  await createConfig(deployer, 'scaled', [{ VariantName: 'AllTraffic', ModelName: 'scaled' }]);
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: 'scaled', EndpointConfigName: 'scaled' }));
  const seen = JSON.parse(await client('python', join(fixtures, 'boto3_scaling.py'), 'scaled')) as Record<
    string,
    unknown
  >;
  expect(seen).toEqual({
    missing:
      'No scalable target registered for service namespace: sagemaker, resource ID: endpoint/scaled/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount',
    sameArn: true,
    capacities: [1, 4],
    policies: [
      {
        TargetValue: 70,
        PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        ScaleInCooldown: 600,
      },
    ],
    alarms: 2,
    activities: [],
  });
});
