import {
  GetRoleCommand,
  IAMClient,
  paginateSimulatePrincipalPolicy,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiFixture, credentials, openApi } from '../harness.ts';

let api: ApiFixture;
let sts: STSClient;
let iam: IAMClient;
beforeAll(async () => {
  api = await openApi();
  const config = { endpoint: api.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  sts = new STSClient(config);
  iam = new IAMClient(config);
});
afterAll(async () => {
  sts.destroy();
  iam.destroy();
  await api[Symbol.asyncDispose]();
});

test('the caller is a session of the execution role', async () => {
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '123456789012',
    Arn: 'arn:aws:sts::123456789012:assumed-role/SluiceExecutionRole/sluice',
  });
});

test('a role of any name has an ARN', async () => {
  const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: 'SluiceExecutionRole' }));
  expect(role).toMatchObject({
    RoleName: 'SluiceExecutionRole',
    Arn: 'arn:aws:iam::123456789012:role/SluiceExecutionRole',
  });
  expect(role?.CreateDate).toBeInstanceOf(Date);
});

test('a role may do everything', async () => {
  const simulated = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: 'arn:aws:iam::123456789012:role/Test',
      ActionNames: ['s3:PutObject', 's3:GetObject'],
      ResourceArns: ['arn:aws:s3:::bucket/*'],
      ContextEntries: [
        { ContextKeyName: 'aws:x', ContextKeyType: 'stringList', ContextKeyValues: ['a', 'b'] },
      ],
      MaxItems: 50,
    }),
  );
  expect(simulated.IsTruncated).toBe(false);
  expect(simulated.EvaluationResults).toMatchObject([
    { EvalActionName: 's3:PutObject', EvalResourceName: 'arn:aws:s3:::bucket/*', EvalDecision: 'allowed' },
    { EvalActionName: 's3:GetObject', EvalResourceName: 'arn:aws:s3:::bucket/*', EvalDecision: 'allowed' },
  ]);
});

test('what a role may do comes in pages', async () => {
  const request = {
    PolicySourceArn: 'arn:aws:iam::123456789012:role/Test',
    ActionNames: Array.from({ length: 25 }, (_, index) => `s3:Action${index}`),
    ResourceArns: Array.from({ length: 10 }, (_, index) => `arn:aws:s3:::bucket-${index}`),
  };
  const pages = await Array.fromAsync(paginateSimulatePrincipalPolicy({ client: iam }, request));
  expect(pages.map((page) => page.EvaluationResults?.length)).toEqual([100, 100, 50]);
  const seen = pages.flatMap((page) => page.EvaluationResults ?? []);
  expect(new Set(seen.map((each) => `${each.EvalActionName} ${each.EvalResourceName}`)).size).toBe(250);
  const wrong = new SimulatePrincipalPolicyCommand({ ...request, Marker: 'x' });
  await expect(iam.send(wrong)).rejects.toMatchObject({ name: 'InvalidInputException' });
});

test('a bad role name and an operation that is not served are errors of their service', async () => {
  await expect(iam.send(new GetRoleCommand({ RoleName: 'a<b' }))).rejects.toMatchObject({
    name: 'ValidationError',
    message:
      "1 validation error detected: Value 'a<b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
  });
  const assume = new AssumeRoleCommand({
    RoleArn: 'arn:aws:iam::123456789012:role/Test',
    RoleSessionName: 'me',
  });
  await expect(sts.send(assume)).rejects.toMatchObject({
    name: 'InvalidAction',
    message: 'Sluice does not serve the operation AssumeRole of STS.',
  });
});
