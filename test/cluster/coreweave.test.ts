import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bundles } from '../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import type { TrainingTask } from '../../src/graph/types.ts';
import { createStores, type OpenStores } from '../../src/objects/index.ts';
import { createCoreWeavePlatform, type Platform } from '../../src/platforms/index.ts';
import { testPlatform } from '../conformance/platform.ts';
import { IMAGE } from '../harness/containers.ts';
import {
  adminClient,
  clearJobs,
  type JobsNamespace,
  kubectl,
  openJobsNamespace,
  readObject,
} from '../harness/kubernetes.ts';

const NODE = 'sluice-node';
const LABELS = {
  'node.kubernetes.io/instance-type': 'gd-8xh100ib-i128',
  'gpu.nvidia.com/class': 'H100_NVLINK_80GB',
};
const TAINT = { key: 'is_gpu', value: 'true', effect: 'PreferNoSchedule' };

let directory: string;
let namespace: JobsNamespace;
let stores: OpenStores;
let platform: Platform;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-coreweave-'));
  namespace = await openJobsNamespace();
  await patchNode({ labels: LABELS, taints: [TAINT], gpus: '8' });
  const home = join(directory, 'home');
  stores = await createStores({ home, environment: {}, config: { s3: 'embedded' } });
  Object.assign(process.env, namespace.environment);
  platform = openCoreWeave();
}, 300_000);

function openCoreWeave(): Platform {
  const { settings } = namespace;
  return createCoreWeavePlatform({
    settings: {
      coreweave: {
        ...settings,
        instanceTypes: {
          ...settings.instanceTypes,
          'ml.p5.48xlarge': { cpus: '100m', memory: '256Mi' },
        },
      },
    },
    secrets: join(directory, 'secrets'),
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: process.env,
  });
}

testPlatform(
  'coreweave',
  async () => {
    const opened = openCoreWeave();
    return {
      platform: opened,
      read: (uri) => readObject(namespace, uri),
      [Symbol.asyncDispose]: async () => {
        await opened.detach();
        await clearJobs(namespace);
      },
    };
  },
  { inProcesses: false, failure: 'AlgorithmError: , exit code: 3' },
);

afterAll(async () => {
  await platform.detach();
  await stores.close();
  await patchNode({
    labels: { 'node.kubernetes.io/instance-type': null, 'gpu.nvidia.com/class': null },
    taints: [],
    gpus: '0',
  });
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function patchNode(node: {
  readonly labels: object;
  readonly taints: readonly object[];
  readonly gpus: string;
}): Promise<void> {
  const client = await adminClient();
  await client.patch(`/api/v1/nodes/${NODE}`, {
    metadata: { labels: node.labels },
    spec: { taints: node.taints },
  });
  await client.patch(`/api/v1/nodes/${NODE}/status`, {
    status: { capacity: { 'nvidia.com/gpu': node.gpus }, allocatable: { 'nvidia.com/gpu': node.gpus } },
  });
  client.close();
}

test('a job gets the node with its GPU, and its GPUs', async () => {
  const task: TrainingTask = {
    type: 'training',
    name: 'train',
    interface: { inputs: {}, outputs: {} },
    instanceType: 'ml.p5.48xlarge',
    instanceCount: 1,
    volumeSizeInGB: 1,
    image: IMAGE,
    command: ['sh', '-c', 'echo $SM_NUM_GPUS'],
    environment: {},
    maxRuntimeInSeconds: 600,
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
  };
  const handle = await platform.submit({ task, inputs: {}, jobName: 'gpus' }, { idempotencyKey: 'gpus' });
  expect(handle.platform).toBe('coreweave');
  const seen = await Array.fromAsync(platform.watch(handle));
  expect(seen.at(-1)).toMatchObject({ phase: 'succeeded' });
  expect((await Array.fromAsync(platform.logs(handle))).map(({ message }) => message)).toEqual(['8']);
  const job = JSON.parse(await kubectl(['-n', namespace.name, 'get', 'job', 'gpus', '-o', 'json']));
  const { nodeSelector, tolerations, containers } = job.spec.template.spec;
  expect(nodeSelector).toEqual({ 'node.kubernetes.io/instance-type': 'gd-8xh100ib-i128' });
  expect(tolerations).toContainEqual({ key: 'is_gpu', operator: 'Exists', effect: 'PreferNoSchedule' });
  expect(containers[0].resources.limits['nvidia.com/gpu']).toBe('8');
});

test('a node type that the cluster does not have is named, with those that it has', async () => {
  const task = {
    type: 'training',
    name: 'train',
    instanceType: 'gd-8xb200',
    image: IMAGE,
    command: ['true'],
    environment: {},
  };
  const submitted = platform.submit(
    { task: task as never, inputs: {}, jobName: 'none' },
    { idempotencyKey: 'none' },
  );
  await expect(submitted).rejects.toMatchObject({
    code: 'CapacityUnavailable',
    message: expect.stringContaining('gd-8xh100ib-i128 (8× H100_NVLINK_80GB)'),
  });
});
