// Needs: python
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { pythonClients } from '../harness/s3-clients.ts';
import { startProgram, temporaryDirectories } from '../harness/sluice.ts';
import {
  logMessages,
  type ServeFixture,
  serveTrainingRequest,
  startServe,
  waitFor,
} from '../harness/sluice-serve.ts';

const temporary = temporaryDirectories();

/** Letter for letter from the guide that they come from. */
const ROLE_COMMANDS = `
aws iam create-role \\
  --role-name SageMakerExecutionRole \\
  --assume-role-policy-document file://iam/sagemaker-execution-role-trust-policy.json

aws iam attach-role-policy \\
  --role-name SageMakerExecutionRole \\
  --policy-arn arn:aws:iam::aws:policy/AmazonSageMakerFullAccess

aws iam put-role-policy \\
  --role-name SageMakerExecutionRole \\
  --policy-name SageMakerCustomPolicy \\
  --policy-document file://iam/sagemaker-custom-policy.json

aws iam put-role-policy \\
  --role-name FlytePropellerRole \\
  --policy-name SageMakerAccess \\
  --policy-document file://iam/flyte-sagemaker-access-policy.json
`;

const ROOT_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'known' } },
    },
  ],
});

/** Runs a script with the real AWS CLI, in a directory with the guide's policies. */
async function shell(serve: ServeFixture, script: string) {
  const cwd = await temporary();
  await cp(join(import.meta.dirname, '..', 'fixtures', 'iam'), join(cwd, 'iam'), { recursive: true });
  await writeFile(join(cwd, 'root-trust.json'), ROOT_TRUST);
  const { accessKeyId, secretAccessKey } = serve.credentials;
  const environment = {
    AWS_ENDPOINT_URL: serve.url,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_PAGER: '',
  };
  const file = `set -e\nPATH="${await pythonClients('aws')}:$PATH"\n${script}`;
  const ran = await startProgram('bash', ['-c', file], { cwd, environment }).ended;
  expect({ code: ran.code, stderr: ran.code === 0 ? '' : ran.stderr }).toEqual({ code: 0, stderr: '' });
  return ran.stdout;
}

test('role commands of a guide run as they are', { timeout: 300_000 }, async () => {
  await using serve = await startServe(await temporary());
  const out = await shell(
    serve,
    `${ROLE_COMMANDS}\naws iam get-role-policy --role-name FlytePropellerRole --policy-name SageMakerAccess`,
  );
  expect(out).toContain('"Arn": "arn:aws:iam::123456789012:role/SageMakerExecutionRole"');
  expect(out).toContain('sagemaker:CreateTrainingJob');
});

/** Shows what it was told, and runs until it is stopped. */
const SHOW = `
console.log('ENV ' + JSON.stringify(process.env));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => 0, 1000);
`;

const CODE: NonNullable<CreateTrainingJobRequest['InputDataConfig']> = [
  {
    ChannelName: 'code',
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bsingh-ml-workflows/code/' } },
  },
];

test('with --enforce-iam a role and its jobs may do what its policies allow', {
  timeout: 300_000,
}, async () => {
  await using serve = await startServe(await temporary(), ['--enforce-iam']);
  const { s3, sagemaker, credentials, url } = serve;
  const config = { endpoint: url, region: 'us-east-1', maxAttempts: 1 };
  for (const Bucket of ['bsingh-ml-workflows', 'secret']) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'key', Body: 'x' }));
  }
  const RoleArn = 'arn:aws:iam::123456789012:role/SageMakerExecutionRole';
  const request = {
    ...serveTrainingRequest('early'),
    RoleArn,
    InputDataConfig: CODE,
    OutputDataConfig: { S3OutputPath: 's3://bsingh-ml-workflows/out' },
  };
  await expect(sagemaker.send(new CreateTrainingJobCommand(request))).rejects.toMatchObject({
    name: 'ValidationException',
    message: `Could not assume role ${RoleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
  });
  await shell(
    serve,
    `aws iam create-role --role-name FlytePropellerRole --assume-role-policy-document file://root-trust.json
     sed -i s/ACCOUNT/123456789012/ iam/*.json
     ${ROLE_COMMANDS}`,
  );
  const other = { ...request, OutputDataConfig: { S3OutputPath: 's3://secret/out' } };
  await expect(sagemaker.send(new CreateTrainingJobCommand(other))).rejects.toMatchObject({
    name: 'ValidationException',
    message: `The role "${RoleArn}" has no "s3:PutObject" permission on "arn:aws:s3:::secret/out".`,
  });

  using sts = disposable(new STSClient({ ...config, credentials }));
  const propeller = { RoleArn: 'arn:aws:iam::123456789012:role/FlytePropellerRole', RoleSessionName: 'me' };
  await expect(sts.send(new AssumeRoleCommand(propeller))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: `User: arn:aws:sts::123456789012:assumed-role/SluiceExecutionRole/sluice is not authorized to perform: sts:AssumeRole on resource: ${propeller.RoleArn}`,
  });
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ ...propeller, ExternalId: 'known' }));
  const assumed = {
    accessKeyId: given?.AccessKeyId as string,
    secretAccessKey: given?.SecretAccessKey as string,
    sessionToken: given?.SessionToken as string,
  };
  using asPropeller = disposable(new SageMakerClient({ ...config, credentials: assumed }));
  using asPropellerS3 = disposable(new S3Client({ ...config, credentials: assumed, forcePathStyle: true }));
  using asPropellerSts = disposable(new STSClient({ ...config, credentials: assumed }));
  expect((await asPropellerSts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
    'arn:aws:sts::123456789012:assumed-role/FlytePropellerRole/me',
  );
  const user =
    'User: arn:aws:sts::123456789012:assumed-role/FlytePropellerRole/me is not authorized to perform:';
  await expect(
    asPropellerS3.send(new GetObjectCommand({ Bucket: 'secret', Key: 'key' })),
  ).rejects.toMatchObject({
    name: 'AccessDenied',
    message: `${user} s3:GetObject on resource: "arn:aws:s3:::secret/key" because no identity-based policy allows the s3:GetObject action`,
  });
  await expect(asPropellerS3.send(new ListObjectsV2Command({ Bucket: 'secret' }))).rejects.toMatchObject({
    message: expect.stringContaining('s3:ListBucket on resource: "arn:aws:s3:::secret"') as string,
  });
  const passing = { ...request, RoleArn: propeller.RoleArn };
  await expect(asPropeller.send(new CreateTrainingJobCommand(passing))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `${user} iam:PassRole on resource: ${propeller.RoleArn} because no identity-based policy allows the iam:PassRole action`,
  });

  // Passed on to a service that it may be passed to, the role runs the job, whose own credentials are the role's.
  await s3.send(new PutObjectCommand({ Bucket: 'bsingh-ml-workflows', Key: 'code/main.mjs', Body: SHOW }));
  await asPropeller.send(new CreateTrainingJobCommand({ ...request, TrainingJobName: 'passed' }));
  await expect
    .poll(() => logMessages(serve, 'passed'), { timeout: 120_000 })
    .toContainEqual(expect.stringContaining('ENV '));
  const shown = (await logMessages(serve, 'passed')).join('\n').split('ENV ')[1]?.split('\n')[0] as string;
  const environment = JSON.parse(shown) as Record<string, string>;
  using asJob = disposable(
    new S3Client({
      ...config,
      forcePathStyle: true,
      credentials: {
        accessKeyId: environment['AWS_ACCESS_KEY_ID'] as string,
        secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] as string,
        sessionToken: environment['AWS_SESSION_TOKEN'] as string,
      },
    }),
  );
  const read = await asJob.send(new GetObjectCommand({ Bucket: 'bsingh-ml-workflows', Key: 'key' }));
  expect(await read.Body?.transformToString()).toBe('x');
  await expect(asJob.send(new GetObjectCommand({ Bucket: 'secret', Key: 'key' }))).rejects.toMatchObject({
    message:
      'User: arn:aws:sts::123456789012:assumed-role/SageMakerExecutionRole/SageMaker is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::secret/key" because no identity-based policy allows the s3:GetObject action',
  });
  await expect(
    asJob.send(new DeleteObjectsCommand({ Bucket: 'secret', Delete: { Objects: [{ Key: 'key' }] } })),
  ).resolves.toMatchObject({ Errors: [{ Key: 'key', Code: 'AccessDenied' }] });
  await asPropeller.send(new StopTrainingJobCommand({ TrainingJobName: 'passed' }));
  await waitFor(serve, 'passed', 'Stopped');
});

function disposable<Client extends { destroy(): void }>(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
