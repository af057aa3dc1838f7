import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTrainingJobCommand, SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { credentialsFile, jobSecretFile } from '../../src/core/home.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';
import {
  logMessages,
  serveTrainingRequest,
  startServe,
  trainWith,
  waitFor,
} from '../harness/sluice-serve.ts';

const temporary = temporaryDirectories();

interface JobEnvironment {
  readonly AWS_ENDPOINT_URL: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN: string;
}

/** Shows what it was told, and runs until it is stopped. */
const SHOW = `
console.log('ENV ' + JSON.stringify(process.env));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => 0, 1000);
`;

test('a server makes credentials at random, keeps them, and gives jobs their own, which end with the job', {
  timeout: 240_000,
}, async () => {
  const home = await temporary();
  let environment: JobEnvironment;
  let accessKeyId: string | undefined;
  {
    await using serve = await startServe(home, ['--credentials', '--leave-jobs']);
    ({ accessKeyId } = serve.credentials);
    expect(serve.credentials.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    for (const file of [credentialsFile(home), jobSecretFile(home)])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    const env = await sluice(['env'], { home });
    for (const line of env.stdout.trim().split('\n')) expect(serve.exported).toContain(line);
    expect(env.stdout.trim().split('\n')).toHaveLength(4);
    await trainWith(serve, 'shows', SHOW);
    await expect
      .poll(() => logMessages(serve, 'shows'), { timeout: 120_000 })
      .toContainEqual(expect.stringContaining('ENV '));
    const lines = await logMessages(serve, 'shows');
    const all = lines.join('\n');
    expect(all).not.toContain(serve.credentials.secretAccessKey);
    expect(all).not.toContain(serve.credentials.accessKeyId);
    environment = JSON.parse(all.split('ENV ')[1]?.split('\n')[0] as string) as JobEnvironment;
    expect(environment.AWS_ENDPOINT_URL).toBe(serve.url);
    await reaches(serve.url, environment);
  }
  await using serve = await startServe(home, ['--credentials']);
  expect(serve.credentials.accessKeyId).toBe(accessKeyId);
  await reaches(serve.url, environment);
  await serve.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'shows' }));
  await waitFor(serve, 'shows', 'Stopped');
  await using clients = clientsOf(serve.url, environment);
  await expect(clients.s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'ExpiredToken' });
  await expect(clients.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
    name: 'ExpiredToken',
  });
  await expect(clients.logs.send(new DescribeLogGroupsCommand({}))).rejects.toMatchObject({
    name: 'ExpiredTokenException',
  });
});

function clientsOf(url: string, environment: JobEnvironment) {
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
    sessionToken: environment.AWS_SESSION_TOKEN,
  };
  const config = { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 };
  const clients = {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    logs: new CloudWatchLogsClient(config),
    sts: new STSClient(config),
    sagemaker: new SageMakerClient(config),
  };
  return {
    ...clients,
    [Symbol.asyncDispose]: async () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** Data and logs, and who it is; no job of its own. */
async function reaches(url: string, environment: JobEnvironment): Promise<void> {
  await using clients = clientsOf(url, environment);
  expect((await clients.s3.send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: 'bucket' }]);
  await clients.logs.send(new DescribeLogGroupsCommand({}));
  expect((await clients.sts.send(new GetCallerIdentityCommand({}))).Account).toBe('123456789012');
  const create = new CreateTrainingJobCommand(serveTrainingRequest('from-a-job'));
  await expect(clients.sagemaker.send(create)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:sts::123456789012:assumed-role/SluiceExecutionRole/shows is not authorized to perform: sagemaker:CreateTrainingJob because no identity-based policy allows the sagemaker:CreateTrainingJob action',
  });
}

test('keys of the configuration have names, and jobs may do more where it says so', {
  timeout: 240_000,
}, async () => {
  const home = await temporary();
  const cwd = await temporary();
  await writeFile(
    join(cwd, 'sluice.yaml'),
    `server:
  jobAccess: all
  keys:
    test: { accessKeyId: test, secretAccessKey: test }
    bob: { accessKeyId: bob, secretAccessKey: "bob's own" }
`,
  );
  await using serve = await startServe(home, ['--config', 'sluice.yaml'], { cwd });
  await trainWith(serve, 'shows', SHOW);
  await expect
    .poll(() => logMessages(serve, 'shows'), { timeout: 120_000 })
    .toContainEqual(expect.stringContaining('ENV '));
  const all = (await logMessages(serve, 'shows')).join('\n');
  expect(all).not.toContain("bob's own");
  const environment = JSON.parse(all.split('ENV ')[1]?.split('\n')[0] as string) as JobEnvironment;
  await using job = clientsOf(serve.url, environment);
  await job.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'shows' }));
  const bob = { AWS_ACCESS_KEY_ID: 'bob', AWS_SECRET_ACCESS_KEY: "bob's own", AWS_SESSION_TOKEN: '' };
  await using bobs = clientsOf(serve.url, { ...environment, ...bob });
  expect((await bobs.s3.send(new ListBucketsCommand({}))).Buckets).toHaveLength(1);
  await waitFor(serve, 'shows', 'Stopped');
});

test('a server that listens everywhere needs credentials, and prints an address that can be used', {
  timeout: 240_000,
}, async () => {
  const home = await temporary();
  const log = join(home, 'access.log');
  expect(await sluice(['env'], { home })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('No server runs'),
  });
  const open = await sluice(['serve', '--port', '0', '--host', '0.0.0.0'], { home });
  expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('--credentials')]);
  await using serve = await startServe(home, ['--credentials', '--host', '0.0.0.0', '--access-log', log]);
  const url = /AWS_ENDPOINT_URL=(\S+)/.exec(serve.exported)?.[1] as string;
  expect(url).not.toContain('0.0.0.0');
  expect((await fetch(url)).status).toBe(403);
  expect(await (await fetch(url)).text()).toContain('<Message>Access Denied</Message>');
  expect(await (await fetch(`${url}/_sluice/ready`)).json()).toEqual({ status: 'ready' });
  expect(await (await fetch(`${url}/_sluice/metrics`)).text()).toContain(
    'sluice_jobs{type="training",status="Completed"} 0\n',
  );
  await expect.poll(() => readFileSync(log, 'utf8')).toContain('"url":"/_sluice/metrics"');
  expect(serve.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
});
