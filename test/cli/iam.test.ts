import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findPolicyProblem } from '../../src/contract/iam/index.ts';
import { sluice } from '../harness/sluice.ts';
import { startServe } from '../harness/sluice-serve.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

let cwd: string;
let home: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-iam-'));
  home = join(cwd, 'home');
  await copyFile(join(FIXTURES, 'configuration', 'flyte-propeller-config.yaml'), join(cwd, 'config.yaml'));
  await writeFile(join(cwd, 'pipeline.ts'), PIPELINE);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const call = (...args: string[]) => sluice(['iam', ...args], { cwd, home });

const PIPELINE = `
import { processingTask, trainingTask, uri, workflow } from 'sluice';
const prepare = processingTask('prepare', {
  command: ['prepare'],
  image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/prepare:1',
  instanceType: 'ml.m5.large',
  inputs: { raw: {} },
  outputs: { train: { s3Uri: 's3://results/train' } },
});
const train = trainingTask('train', {
  image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/train:1',
  instanceType: 'ml.m5.large',
  role: 'arn:aws:iam::123456789012:role/Trainer',
  channels: { train: {} },
  metricDefinitions: [{ Name: 'loss', Regex: 'loss: (.*)' }],
});
export default workflow('p', { inputs: { more: uri() } }, () => ({
  model: train({ train: prepare({ raw: 's3://raw-data/credit' }).train }).model,
}));
`;

test('the files of a guide are written as they are there, and those of the other roles are policies too', {
  timeout: 300_000,
}, async () => {
  const out = join(cwd, 'iam');
  const printed = await call(
    'print',
    '--config',
    'config.yaml',
    '--bucket',
    'education-eks-flyte-*',
    '--out',
    out,
  );
  expect(printed).toMatchObject({ code: 0, stderr: expect.stringContaining('ACCOUNT stands for') as string });
  for (const name of await readdir(join(FIXTURES, 'iam')))
    expect(JSON.parse(await readFile(join(out, name), 'utf8'))).toEqual(
      JSON.parse(await readFile(join(FIXTURES, 'iam', name), 'utf8')),
    );
  const names = await readdir(out);
  expect(names).toHaveLength(12);
  for (const name of names) {
    const use = name.endsWith('trust-policy.json') ? 'trust' : 'identity';
    expect(findPolicyProblem(await readFile(join(out, name), 'utf8'), use)).toBeUndefined();
  }
});

test('of a workflow at hand the policies name its data, images, logs and roles, in every format', {
  timeout: 300_000,
}, async () => {
  const { stdout, stderr } = await call('print', 'pipeline.ts', '--json');
  expect(stderr).toContain("Input 'more' of workflow 'p' is given when it runs");
  const { roles } = JSON.parse(stdout) as {
    roles: { role: string; name: string; policy: { Statement: { Action: string[]; Resource: unknown }[] } }[];
  };
  const of = (role: string) => roles.find((each) => each.role === role);
  const resource = (role: string, action: string) =>
    of(role)?.policy.Statement.find(({ Action }) => Action.includes(action))?.Resource;
  expect(of('sagemaker-execution')?.name).toBe('Trainer');
  const own = 'sagemaker-us-east-1-123456789012';
  expect(resource('sagemaker-execution', 's3:GetObject')).toEqual([
    'arn:aws:s3:::raw-data/credit*',
    'arn:aws:s3:::results/train*',
    `arn:aws:s3:::${own}/*`,
  ]);
  expect(resource('sagemaker-execution', 's3:PutObject')).toEqual([
    'arn:aws:s3:::results/train*',
    `arn:aws:s3:::${own}/*`,
  ]);
  expect(resource('sagemaker-execution', 'ecr:BatchGetImage')).toEqual([
    'arn:aws:ecr:us-east-1:123456789012:repository/prepare',
    'arn:aws:ecr:us-east-1:123456789012:repository/train',
  ]);
  expect(resource('propeller', 'iam:PassRole')).toEqual(['arn:aws:iam::123456789012:role/Trainer']);
  expect(resource('propeller', 'sagemaker:CreateTransformJob')).toBeUndefined();
  const template = parse((await call('print', 'pipeline.ts', '--format', 'cloudformation')).stdout) as {
    Resources: Record<string, { Type: string }>;
  };
  expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual(Array(6).fill('AWS::IAM::Role'));
  const terraform = (await call('print', 'pipeline.ts', '--format', 'terraform', '--role', 'router')).stdout;
  expect(terraform.match(/^resource "aws_iam_role/gm)).toHaveLength(2);
  expect(await call('print', '--role', 'ruter')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean 'router'?") as string,
  });
});

test('check has a simulator say what a role lacks', { timeout: 300_000 }, async () => {
  await using serve = await startServe(join(cwd, 'served'), ['--enforce-iam']);
  const { credentials, url } = serve;
  const iam = new IAMClient({ endpoint: url, region: 'us-east-1', credentials });
  const environment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const check = () =>
    sluice(['iam', 'check', 'pipeline.ts', '--role', 'sagemaker-execution', '--endpoint', url], {
      cwd,
      home,
      environment,
    });
  expect(await check()).toMatchObject({ code: 1, stdout: expect.stringContaining('NoSuchRole') as string });
  const { roles } = JSON.parse(
    (await call('print', 'pipeline.ts', '--json', '--role', 'sagemaker-execution')).stdout,
  ) as {
    roles: { trustPolicy: object; policy: { Statement: object[] } }[];
  };
  const [role] = roles;
  const RoleName = 'Trainer';
  await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(role?.trustPolicy) }),
  );
  const put = (policy: object) =>
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: JSON.stringify(policy) }));
  await put({ Version: '2012-10-17', Statement: role?.policy.Statement.slice(1) });
  const lacking = await check();
  expect(lacking.code).toBe(1);
  expect(lacking.stdout).toMatch(/Trainer +s3:ListBucket +implicitDeny +arn:aws:s3:::raw-data/);
  await put(role?.policy as object);
  expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining('all allowed') as string });
  iam.destroy();
});
