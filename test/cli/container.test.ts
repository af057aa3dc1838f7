// Needs: podman
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DeleteEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { IMAGE, openPodman } from '../harness/containers.ts';
import { archive, untilStatus } from '../harness/endpoints.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';
import { describeJob, type ServeFixture, startServe, waitFor, waitForLine } from '../harness/sluice-serve.ts';

// Where the engine's storage has no overlay, each container begins with a copy of its image.
vi.setConfig({ testTimeout: 300_000 });

const podman = await openPodman();
afterAll(() => podman[Symbol.asyncDispose]());
afterEach(podman.expectNothingLeft);
const newDirectory = temporaryDirectories();
const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** Says who it is, and ends when it is told to. */
const SERVE = `exec node -e '
  require("node:http").createServer((request, response) => {
    response.end("served by " + process.env.NAME);
    if (request.method === "POST" && request.headers["content-type"] === "text/end") setImmediate(() => process.exit(3));
  }).listen(8080);
  process.on("SIGTERM", () => process.exit(0));
'`;

async function trainHanging({ sagemaker }: ServeFixture, name: string): Promise<void> {
  await sagemaker.send(
    new CreateTrainingJobCommand({
      TrainingJobName: name,
      RoleArn: ROLE,
      AlgorithmSpecification: { TrainingImage: IMAGE, TrainingInputMode: 'File' },
      OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      Environment: { TRAIN: 'trap "" TERM; echo hangs; while :; do sleep 0.1; done' },
    }),
  );
}

test('a container whose owners were killed is removed by the next that looks', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home, ['--executor', 'container']);
    await serve.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    await trainHanging(serve, 'orphan');
    await waitForLine(serve, 'orphan', 'hangs');
    expect(podman.leftovers()).toHaveLength(1);
    await serve.killAll();
  }
  expect(podman.leftovers()).toHaveLength(1);
  const { code, stdout } = await sluice(['jobs', 'show', 'orphan', '--json'], { home });
  expect(code).toBe(0);
  expect(stdout).toContain('InternalServerError');
});

test('a container goes on when its server is killed, and the next server adopts it', async () => {
  const home = await newDirectory();
  {
    await using serve = await startServe(home, ['--executor', 'container']);
    await serve.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    await trainHanging(serve, 'adopted');
    await waitForLine(serve, 'adopted', 'hangs');
    await serve.kill();
  }
  {
    await using again = await startServe(home, ['--executor', 'container']);
    expect(await describeJob(again, 'adopted')).toMatchObject({ TrainingJobStatus: 'InProgress' });
    expect(podman.leftovers()).toHaveLength(1);
    await again.killAll();
  }
  await using last = await startServe(home, ['--executor', 'container']);
  await waitFor(last, 'adopted', 'Failed');
});

test('an endpoint serves from a container, which is started again when it ends, and removed when its server was killed', async () => {
  const home = await newDirectory();
  await using serve = await startServe(home, ['--executor', 'container']);
  const { sagemaker: client, s3 } = serve;
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const Body = await archive({ weights: 'x' });
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'model.tar.gz', Body }));
  const ModelDataUrl = 's3://bucket/model.tar.gz';
  const PrimaryContainer = { Image: IMAGE, ModelDataUrl, Environment: { NAME: 'a container', SERVE } };
  await client.send(new CreateModelCommand({ ModelName: 'm', ExecutionRoleArn: ROLE, PrimaryContainer }));
  const variant = {
    VariantName: 'v',
    ModelName: 'm',
    InstanceType: 'ml.m5.large',
    InitialInstanceCount: 1,
  } as const;
  await client.send(
    new CreateEndpointConfigCommand({ EndpointConfigName: 'e', ProductionVariants: [variant] }),
  );
  await client.send(new CreateEndpointCommand({ EndpointName: 'e', EndpointConfigName: 'e' }));
  await untilStatus({ client }, 'e', 'InService');
  const ask = async (at: ServeFixture, ContentType: string) => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const runtime = new SageMakerRuntimeClient({ endpoint: at.url, region: 'us-east-1', credentials });
    const command = new InvokeEndpointCommand({ EndpointName: 'e', ContentType, Body: '1' });
    const answer = await runtime.send(command).finally(() => runtime.destroy());
    return Buffer.from(answer.Body).toString();
  };
  const untilServed = (at: ServeFixture) =>
    expect
      .poll(() => ask(at, 'text/plain').catch(String), { timeout: 120_000 })
      .toBe('served by a container');
  expect(await ask(serve, 'text/end')).toBe('served by a container');
  await untilServed(serve);
  await serve.kill();
  const [left] = podman.leftovers();
  await using again = await startServe(home, ['--executor', 'container']);
  await expect.poll(() => podman.leftovers(), { timeout: 120_000 }).not.toContain(left);
  // As process 1, a program takes no notice of SIGTERM before it handles it.
  await untilServed(again);
  await again.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'e' }));
  await expect.poll(() => podman.leftovers(), { timeout: 120_000 }).toEqual([]);
});

test('train runs a script in the container that images: names, and Ctrl-C twice ends it at once', async () => {
  const cwd = await newDirectory();
  const home = join(cwd, 'home');
  await writeFile(join(cwd, 'sluice.yaml'), `images: { 'sluice/node:24': { container: '${IMAGE}' } }\n`);
  await sluice(['config', 'trust'], { cwd, home });
  await writeFile(join(cwd, 'train.ts'), 'console.log("in", process.cwd() as string);');
  const ran = await sluice(['train', '--script', 'train.ts', '--executor', 'container'], { cwd, home });
  expect(ran.stderr + ran.stdout).toContain('in /');
  expect(ran.code).toBe(0);
  const hangs =
    'process.on("SIGTERM", () => console.log("asked")); setInterval(() => 0, 1000); console.log("hangs");';
  await writeFile(join(cwd, 'train.ts'), hangs);
  const running = startSluice(['train', '--script', 'train.ts'], { cwd, home });
  await running.printed('hangs');
  running.child.kill('SIGINT');
  await running.printed('asked');
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
});
