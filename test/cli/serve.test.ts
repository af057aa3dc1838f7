import { readFile } from 'node:fs/promises';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
  SageMakerClient,
  waitUntilTrainingJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { serverFile } from '../../src/core/home.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';
import { serveTrainingRequest } from '../harness/sluice-serve.ts';

const newDirectory = temporaryDirectories();
const owner = { accessKeyId: 'owner', secretAccessKey: 'secret' };

/** `sluice serve` on a free port. Dispose of it. */
async function startServer(home: string, environment: Readonly<Record<string, string>> = {}) {
  const program = startSluice(['serve', '--port', '0'], { home, environment });
  await program.printed('Ctrl-C stops it.');
  const { url } = JSON.parse(await readFile(serverFile(home), 'utf8')) as { url: string };
  return {
    program,
    url,
    config: (credentials = owner) => ({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 }),
    [Symbol.asyncDispose]: async () => {
      program.child.kill('SIGTERM');
      await program.ended;
    },
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

async function train({ config }: Server, name: string, source: string) {
  const s3 = new S3Client({ ...config(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' })).catch(() => undefined);
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: `${name}/main.mjs`, Body: source }));
  s3.destroy();
  const client = new SageMakerClient(config());
  await client.send(new CreateTrainingJobCommand(serveTrainingRequest(name)));
  return client;
}

test('one URL serves S3, SageMaker, the logs and the identity of the caller; what it knows outlives it', async () => {
  const home = await newDirectory();
  const name = { TrainingJobName: 'over-http' };
  {
    await using server = await startServer(home);
    const source =
      "import { writeFileSync } from 'node:fs'; writeFileSync('/opt/ml/model/weights', '1'); console.log('trained');";
    const client = await train(server, name.TrainingJobName, source);
    await waitUntilTrainingJobCompletedOrStopped({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, name);
    const job = await client.send(new DescribeTrainingJobCommand(name));
    expect(job.ModelArtifacts?.S3ModelArtifacts).toBe('s3://bucket/out/over-http/output/model.tar.gz');
    const s3 = new S3Client({ ...server.config(), forcePathStyle: true });
    const model = { Bucket: 'bucket', Key: 'out/over-http/output/model.tar.gz' };
    expect((await s3.send(new HeadObjectCommand(model))).ContentLength).toBeGreaterThan(0);
    const logs = new CloudWatchLogsClient(server.config());
    const stream = { logGroupName: '/aws/sagemaker/TrainingJobs', logStreamNamePrefix: 'over-http/algo-1-' };
    const { events } = await logs.send(new FilterLogEventsCommand(stream));
    expect(events?.map((event) => event.message)).toContain('trained');
    const sts = new STSClient(server.config());
    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe('123456789012');
    for (const each of [client, s3, logs, sts]) each.destroy();
  }
  await using again = await startServer(home);
  const client = new SageMakerClient(again.config());
  const { TrainingJobSummaries: jobs } = await client.send(new ListTrainingJobsCommand({}));
  expect(jobs).toMatchObject([{ ...name, TrainingJobStatus: 'Completed' }]);
  client.destroy();
});

test('a job that runs when the server is told to stop ends with it, as one whose host is lost', async () => {
  const home = await newDirectory();
  {
    await using server = await startServer(home);
    const client = await train(
      server,
      'running',
      "process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1000);",
    );
    client.destroy();
  }
  const shown = await sluice(['jobs', 'show', 'running', '--json'], { home });
  expect(shown.stdout).toContain('"Failed"');
  expect(shown.stdout).toContain('InternalServerError: ');
});

test('with credentials configured, only requests signed with them are answered', async () => {
  const home = await newDirectory();
  await using server = await startServer(home, {
    SLUICE_ACCESS_KEY_ID: owner.accessKeyId,
    SLUICE_SECRET_ACCESS_KEY: owner.secretAccessKey,
  });
  const list = async (credentials = owner) => {
    const client = new SageMakerClient(server.config(credentials));
    return client.send(new ListTrainingJobsCommand({})).finally(() => client.destroy());
  };
  expect(await list()).toMatchObject({ TrainingJobSummaries: [] });
  await expect(list({ ...owner, secretAccessKey: 'wrong' })).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  });
  await expect(list({ ...owner, accessKeyId: 'other' })).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  });
  const unsigned = await fetch(server.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.ListTrainingJobs' },
    body: '{}',
  });
  expect(unsigned.status).toBe(403);
  expect(await unsigned.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
});
