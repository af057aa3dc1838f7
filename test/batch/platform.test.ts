// Needs: podman, python
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, vi } from 'vitest';
import { type ObjectStore, parseS3Uri } from '../../src/objects/index.ts';
import { AwsAccess } from '../../src/platforms/aws/aws-access.ts';
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

async function openBatch(): Promise<PlatformUnderTest> {
  const settings = {
    endpoint: server.url,
    region: REGION,
    jobQueue: 'jobs',
    agentImage: AGENT,
    images: { node: USER_IMAGE },
    instanceTypes: { 'ml.m5.large': { vcpus: 1, memoryMiB: 256 } },
    uploadSeconds: 60,
  };
  const options = { home: join(directory, 'home'), settings };
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
