// Needs: podman, python
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import type { BatchSettings } from '../../src/core/platforms-settings.ts';
import type { BatchTransformTask, TrainingTask } from '../../src/graph/index.ts';
import { type ObjectStore, parseS3Uri } from '../../src/objects/index.ts';
import { AwsAccess } from '../../src/platforms/aws/aws-access.ts';
import type { JobHandle, JobStatus, Platform } from '../../src/platforms/index.ts';
import { type PlatformUnderTest, testPlatform } from '../conformance/platform.ts';
import { openPlatform } from '../fixtures/platforms/batch.ts';
import { type BatchServer, startBatch } from '../harness/batch/batch-server.ts';
import { makeQueues } from '../harness/batch/make-queue.ts';
import { ownAddress } from '../harness/batch/own-address.ts';
import { openPodmanTasks, type PodmanTasks } from '../harness/batch/podman-tasks.ts';
import { importNodeBase, openPodman, type Podman, IMAGE as USER_IMAGE } from '../harness/containers.ts';

// Each job is three containers.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const module = join(import.meta.dirname, '../fixtures/platforms/batch.ts');
const BASE = 'localhost/sluice-node:1';
const AGENT = 'localhost/sluice/agent:1';
const EMPTY = 'localhost/empty:1';
const REGION = 'us-east-1';

let podman: Podman;
let tasks: PodmanTasks;
let server: BatchServer;
let directory: string;
let access: AwsAccess;
let store: ObjectStore;

beforeAll(async () => {
  podman = await openPodman();
  importNodeBase(podman.run, BASE);
  execFileSync('node', ['scripts/image.mjs', '--tag', AGENT, '--base', BASE, '--engine', 'podman'], {
    cwd: root,
    stdio: 'pipe',
  });
  directory = await mkdtemp(join(tmpdir(), 'sluice-batch-'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const host = ownAddress();
  tasks = await openPodmanTasks(host);
  server = await startBatch(tasks.run, host);
  tasks.endpoint = server.url;
  await makeQueues(server.url, { jobs: 'ENABLED' });
  access = new AwsAccess({ endpoint: server.url, region: REGION }, {});
  store = await access.store();
}, 1_800_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await tasks?.[Symbol.asyncDispose]();
  await access?.close();
  await podman?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
}, 300_000);

testPlatform('batch', openBatch, { failure: 'AlgorithmError: , exit code: 3' });

const ATTACK = `
import { readdirSync, readFileSync } from 'node:fs';
const uri = process.env.ECS_CONTAINER_METADATA_URI_V4;
const seen = [JSON.stringify(process.env)];
for (const path of ['', '/task']) seen.push(await (await fetch(uri + path)).text());
for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)))
  seen.push(readFileSync('/proc/' + pid + '/environ', 'utf8'));
console.log(/SLUICE_AGENT/.test(seen.join()) ? 'found' : 'nothing');
const place = '/' + process.env.BUCKET + '/sluice/jobs/batch/attack/' + process.env.AWS_BATCH_JOB_ID + '/1/result.json';
const body = JSON.stringify({ version: 1, body: JSON.stringify({ status: 'Completed' }), signature: 'mine' });
console.log((await fetch(process.env.STORE + place, { method: 'PUT', body })).status);
process.exit(3);
`;

test('a job finds no key around it, and a result of its own counts for nothing', async () => {
  await using opened = await openBatch();
  const { platform } = opened;
  await writeFile(join(directory, 'step.ts'), ATTACK);
  const environment = { STORE: server.url, BUCKET: defaultBucket(DEFAULT_ACCOUNT) };
  const handle = await submit(platform, trainingOf('attack', { environment }));
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', message: 'AlgorithmError: , exit code: 3' });
  expect(status?.logTail).toEqual(['nothing', '200']);
});

test('what cannot be started says why: no image, and an image without a shell', async () => {
  await using opened = await openBatch();
  const { platform } = opened;
  await writeFile(join(directory, 'step.ts'), '');
  const empty = await mkdtemp(join(directory, 'empty-'));
  execFileSync('tar', ['-cf', join(directory, 'empty.tar'), '-C', empty, '.']);
  podman.run('import', join(directory, 'empty.tar'), EMPTY);
  const more = { hyperparameters: {}, instanceType: 'ml.m5.large' } as const;
  const { script: _, ...bare } = trainingOf('missing', more);
  const missing = { ...bare, image: 'localhost/nothing:1' };
  const [none, shell] = await Promise.all([
    submit(platform, missing).then((handle) => end(platform, handle)),
    (async () => {
      const other = await openPlatform(optionsOf({ images: { node: EMPTY } }));
      const ended = await end(other.platform, await submit(other.platform, trainingOf('shell', more)));
      await other.detach();
      return ended;
    })(),
  ]);
  expect(none).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(none?.message).toMatch(/^ClientError: The image cannot be pulled\. .*localhost\/nothing:1/);
  expect(shell).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(shell?.message).toMatch(/^ClientError: The image has no \/bin\/sh/);
});

const SERVER = `
import { createServer } from 'node:http';
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  response.end(request.url === '/ping' ? '' : body.toUpperCase());
}).listen(8080);
`;

test('a batch transform on two instances is an array, each child of which sends its share to its own server', async () => {
  await using opened = await openBatch();
  const { platform } = opened;
  const bucket = defaultBucket(DEFAULT_ACCOUNT);
  await store.createBucket(bucket).catch(() => undefined);
  for (const name of ['a', 'b', 'c']) await store.put(bucket, `conformance-in/${name}.txt`, `line ${name}`);
  const task: BatchTransformTask = {
    ...common,
    type: 'batch_transform',
    name: 'score',
    image: USER_IMAGE,
    instanceCount: 2,
    environment: { SERVE: `exec node --input-type=module -e "$CODE"`, CODE: SERVER },
    splitType: 'None',
    compressionType: 'None',
    assembleWith: 'None',
    contentType: 'text/plain',
  };
  const empty = await mkdtemp(join(directory, 'model-'));
  execFileSync('tar', ['-czf', join(directory, 'model.tar.gz'), '-C', empty, '.']);
  const model = `s3://${bucket}/conformance-model.tar.gz`;
  await store.put(bucket, 'conformance-model.tar.gz', await readFile(join(directory, 'model.tar.gz')));
  const inputs = { input: `s3://${bucket}/conformance-in/`, model };
  const outputUri = `s3://${bucket}/conformance-out/`;
  const invocation = { task, inputs, jobName: 'score', outputUri };
  const status = await end(platform, await platform.submit(invocation, { idempotencyKey: 'score' }));
  expect(status).toMatchObject({ phase: 'succeeded', status: 'Completed' });
  const place = status?.outputs['output'] as string;
  const read = ['a', 'b', 'c'].map((name) => opened.read(`${place.replace(/\/$/, '')}/${name}.txt.out`));
  expect(await Promise.all(read)).toEqual(['LINE A', 'LINE B', 'LINE C']);
  expect(server.submissions.at(-1)?.arrayProperties).toEqual({ size: 2 });
});

test('a job that is stopped saves a checkpoint, which is uploaded', async () => {
  await using opened = await openBatch();
  const { platform } = opened;
  await writeFile(
    join(directory, 'step.ts'),
    `import { writeFileSync } from 'node:fs';
     process.on('SIGTERM', () => {
       writeFileSync('/opt/ml/checkpoints/last', '7');
       process.exit(0);
     });
     setInterval(() => undefined, 1000);
     console.log('ready');`,
  );
  const checkpoint = `s3://${defaultBucket(DEFAULT_ACCOUNT)}/conformance-checkpoints/`;
  const task = trainingOf('stops', { checkpoint: { s3Uri: checkpoint, localPath: '/opt/ml/checkpoints' } });
  const handle = await submit(platform, task);
  for await (const { message } of platform.logs(handle, { follow: true })) if (message === 'ready') break;
  await platform.cancel(handle);
  expect(await end(platform, handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  expect(await opened.read(`${checkpoint}last`)).toBe('7');
});

const common = {
  interface: { inputs: {}, outputs: {} },
  instanceType: 'ml.m5.large',
  instanceCount: 1,
  volumeSizeInGB: 30,
  environment: {},
  maxRuntimeInSeconds: 600,
} as const;

function trainingOf(name: string, more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    ...common,
    type: 'training',
    name,
    script: { entry: 'step.ts', directory, whole: false },
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
    ...more,
  };
}

function submit(platform: Platform, task: TrainingTask): Promise<JobHandle> {
  return platform.submit({ task, inputs: {}, jobName: task.name }, { idempotencyKey: task.name });
}

async function end(platform: Platform, handle: JobHandle): Promise<JobStatus | undefined> {
  return (await Array.fromAsync(platform.watch(handle))).at(-1);
}

function optionsOf(more: Partial<BatchSettings> = {}) {
  const settings = {
    endpoint: server.url,
    region: REGION,
    jobQueue: 'jobs',
    agentImage: AGENT,
    images: { node: USER_IMAGE },
    instanceTypes: { 'ml.m5.large': { vcpus: 1, memoryMiB: 256 } },
    uploadSeconds: 60,
    ...more,
  };
  return { home: join(directory, 'home'), settings };
}

async function openBatch(): Promise<PlatformUnderTest> {
  const options = optionsOf();
  const { platform, detach } = await openPlatform(options);
  return {
    platform,
    elsewhere: { module, options },
    read: async (uri) => {
      const { bucket, key } = parseS3Uri(uri);
      const { body } = await store.get(bucket, key);
      return Buffer.concat(await Array.fromAsync(body)).toString();
    },
    [Symbol.asyncDispose]: async () => {
      await detach();
      // The next test begins with no jobs, and with nothing that some have made.
      for (const [jobId, { task }] of server.jobs) {
        if (/[:#]/.test(jobId)) continue;
        task?.stop();
        await task?.ended;
      }
      server.jobs.clear();
      for (const { name: bucket } of await store.listBuckets())
        for (const prefix of ['conformance-', 'sluice/jobs/'])
          for await (const { key } of store.list(bucket, { prefix })) await store.delete(bucket, key);
    },
  };
}
