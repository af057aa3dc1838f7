import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListPoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  paginateSimulatePrincipalPolicy,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
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
  await expect(sts.send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
    name: 'InvalidAction',
    message: 'Sluice does not serve the operation GetSessionToken of STS.',
  });
});

test('a role of any name may be assumed where policies are not enforced, for as long as it allows', async () => {
  const role = { RoleArn: 'arn:aws:iam::123456789012:role/Test', RoleSessionName: 'me' };
  const { Credentials: given, AssumedRoleUser: user } = await sts.send(new AssumeRoleCommand(role));
  expect(given?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(given?.Expiration?.getTime()).toBeGreaterThan(Date.now());
  expect(user?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/Test/me');
  await iam.send(new CreateRoleCommand({ RoleName: 'Short', AssumeRolePolicyDocument: TRUST }));
  const short = {
    RoleArn: 'arn:aws:iam::123456789012:role/Short',
    RoleSessionName: 'me',
    DurationSeconds: 7200,
  };
  await expect(sts.send(new AssumeRoleCommand(short))).rejects.toMatchObject({
    name: 'ValidationError',
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  });
});

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});
const READ = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' }],
});

test('roles and their policies are made, listed, changed and removed, with the errors of IAM', async () => {
  const RoleName = 'Life';
  const { Role: made } = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, Tags: [{ Key: 'team', Value: 'a' }] }),
  );
  expect(made?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
  expect(decodeURIComponent(made?.AssumeRolePolicyDocument as string)).toBe(TRUST);
  await expect(
    iam.send(new CreateRoleCommand({ RoleName: 'LIFE', AssumeRolePolicyDocument: TRUST })),
  ).rejects.toMatchObject({
    name: 'EntityAlreadyExistsException',
    message: 'Role with name LIFE already exists.',
  });
  await expect(
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: '{' })),
  ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException', message: 'Syntax errors in policy.' });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: READ }));
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess';
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await expect(
    iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: `${PolicyArn}X` })),
  ).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    message: `Policy ${PolicyArn}X does not exist or is not attachable.`,
  });
  expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(['p']);
  expect((await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies).toEqual([
    { PolicyName: 'AmazonSageMakerFullAccess', PolicyArn },
  ]);
  const got = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'p' }));
  expect(decodeURIComponent(got.PolicyDocument as string)).toBe(READ);
  const simulated = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: made?.Arn,
      ActionNames: ['s3:GetObject', 'sagemaker:CreateTrainingJob'],
      ResourceArns: ['arn:aws:s3:::bucket/a', 'arn:aws:s3:::other/a'],
    }),
  );
  expect(simulated.EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual([
    'allowed',
    'implicitDeny',
    'allowed',
    'allowed',
  ]);
  expect(simulated.EvaluationResults?.[0]?.MatchedStatements?.[0]?.SourcePolicyId).toBe('role_Life_p');
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    message: 'Cannot delete entity, must detach all policies first.',
  });
  await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await expect(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
    message: 'Cannot delete entity, must delete policies first.',
  });
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'p' }));
  await iam.send(new DeleteRoleCommand({ RoleName }));
  await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
    message: 'The role with name Life cannot be found.',
  });
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  expect((await iam.send(new ListRolesCommand({}))).Roles?.map((role) => role.RoleName)).toContain('Life');
});

test('managed policies of the account have a version, and are not removed while a role has them', async () => {
  const { Policy: made } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'Read', PolicyDocument: READ }),
  );
  const PolicyArn = 'arn:aws:iam::123456789012:policy/Read';
  expect(made?.Arn).toBe(PolicyArn);
  await expect(
    iam.send(new CreatePolicyCommand({ PolicyName: 'Read', PolicyDocument: READ })),
  ).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' });
  const { PolicyVersion: version } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn, VersionId: made?.DefaultVersionId }),
  );
  expect(decodeURIComponent(version?.Document as string)).toBe(READ);
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'Implied', PolicyArn }));
  const { Policies: attached } = await iam.send(new ListPoliciesCommand({ OnlyAttached: true }));
  expect(attached).toMatchObject([{ Arn: PolicyArn, AttachmentCount: 1 }]);
  await expect(iam.send(new DeletePolicyCommand({ PolicyArn }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
    message: 'Cannot delete a policy attached to entities.',
  });
  await iam.send(new DetachRolePolicyCommand({ RoleName: 'Implied', PolicyArn }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  await expect(iam.send(new GetPolicyCommand({ PolicyArn }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});
