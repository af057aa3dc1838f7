import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BundleDirectory } from '../../../src/bundles/index.ts';
import { makeTemporaryDirectory } from '../../../src/core/temporary-directory.ts';
import { removeTree } from '../../../src/core/tree/index.ts';
import {
  contentVersion,
  type FlyteAdmin,
  planPackage,
  registerPackage,
  uploadBundles,
} from '../../../src/flyte/registration/index.ts';
import type { WorkflowGraph } from '../../../src/graph/index.ts';
import { trainingTask, uri, workflow } from '../../../src/sdk/index.ts';
import { FakeFlyteAdmin } from '../../harness/flyte-admin.ts';
import { openAdmin } from './open-admin.ts';

const place = { project: 'flytesnacks', domain: 'development' };
const train = trainingTask('train', {
  image: 'registry/steps:1',
  instanceType: 'ml.m5.large',
  channels: ['train'],
});

/** A workflow of so many nodes. */
function workflowOf(count: number, name = 'pipeline'): WorkflowGraph {
  return workflow(name, { inputs: { raw: uri() } }, ({ raw }) => {
    for (let index = 0; index < count; index++) train({ train: raw }, { name: `train-${index}` });
    return {};
  }).graph;
}

const planned = (graph: WorkflowGraph, version = 'v1', more: object = {}) =>
  planPackage({ graph, place, version, ...more });

let fake: FakeFlyteAdmin;
let admin: FlyteAdmin;
beforeAll(async () => {
  fake = await FakeFlyteAdmin.start();
  admin = await openAdmin(fake);
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

describe('registering a workflow', () => {
  test('registers tasks, workflow and launch plan; the very same again changes nothing', async () => {
    const first = await registerPackage(planned(workflowOf(3)), { admin });
    expect(first.map(({ id, outcome }) => [id.resourceType, id.name, outcome])).toEqual([
      ['TASK', 'pipeline.train', 'created'],
      ['WORKFLOW', 'pipeline', 'created'],
      ['LAUNCH_PLAN', 'pipeline', 'created'],
    ]);
    const again = await registerPackage(planned(workflowOf(3)), { admin });
    expect(again.map(({ outcome }) => outcome)).toEqual(['exists', 'exists', 'exists']);
    expect(fake.active).toEqual([]);
  });

  test('under a version that has another content is refused, and says what to do', async () => {
    const other = planned(workflowOf(3));
    const changed = {
      ...other,
      tasks: [{ template: { ...other.tasks[0]!.template, type: 'sluice_processing' } }],
    };
    await expect(registerPackage(changed, { admin })).rejects.toMatchObject({
      code: 'WorkflowVersionTaken',
      message: expect.stringContaining(
        "Task 'pipeline.train' is registered with another content under version 'v1'",
      ),
      hint: expect.stringContaining('--version'),
    });
  });

  test('activates its launch plans where that is asked for', async () => {
    const graph = workflowOf(1, 'nightly');
    const launchPlan = {
      fixed: { raw: 's3://b/raw' },
      schedule: { cronSchedule: { schedule: '0 3 * * *' } },
    };
    await registerPackage(planned(graph, 'v1', { launchPlan }), { admin, activate: true });
    expect(fake.active).toEqual(['nightly v1']);
    expect(
      fake.registered('LAUNCH_PLAN').find(({ id }) => id.name === 'nightly').spec.entityMetadata,
    ).toMatchObject({
      schedule: { cronSchedule: { schedule: '0 3 * * *' } },
    });
  });

  test('of more nodes than FlyteAdmin takes is refused, with both ways out', async () => {
    await expect(registerPackage(planned(workflowOf(101, 'large')), { admin })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('exceeds limit (101 > 100)'),
      hint: expect.stringMatching(/maxWorkflowNodes.*--pipeline/),
    });
    const whole = planned(workflowOf(101, 'large'), 'v2', { pipeline: true });
    await expect(registerPackage(whole, { admin })).resolves.toHaveLength(3);
  });

  test.each([
    [{ project: 'nowhere', domain: 'development' }, 'project [nowhere]'],
    [{ project: 'flytesnacks', domain: 'moon' }, 'domain [moon] is unrecognized'],
  ])('in %o is refused', async (wrong, message) => {
    const elsewhere = planPackage({ graph: workflowOf(1), place: wrong, version: 'v1' });
    await expect(registerPackage(elsewhere, { admin })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('--project and --domain'),
    });
  });

  test('is sent again where FlyteAdmin was away for a moment', async () => {
    fake.failures.push({ code: status.UNAVAILABLE, details: 'it restarts' });
    await expect(registerPackage(planned(workflowOf(1, 'again')), { admin })).resolves.toHaveLength(3);
  });

  test.each([
    [status.PERMISSION_DENIED, 'AccessDenied'],
    [status.INTERNAL, 'PlatformUnavailable'],
    [status.UNIMPLEMENTED, 'PlatformUnavailable'],
  ])('that FlyteAdmin refuses with status %i is %s', async (code, expected) => {
    fake.failures.push({ code, details: 'not for you' });
    await expect(registerPackage(planned(workflowOf(1, 'refused')), { admin })).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining('FlyteAdmin: not for you'),
    });
  });
});

test('FlyteAdmin that cannot be reached is told with its address', async () => {
  await using away = await openAdmin({ endpoint: '127.0.0.1:1' });
  await expect(away.ask('AdminService', 'CreateTask', {})).rejects.toMatchObject({
    code: 'PlatformUnavailable',
    message: expect.stringContaining('127.0.0.1:1 (without TLS) cannot be reached'),
    hint: expect.stringContaining('--endpoint'),
  });
});

describe('the code of a workflow', () => {
  let directory: string;
  let graph: WorkflowGraph;
  beforeAll(async () => {
    directory = await makeTemporaryDirectory(tmpdir(), 'flyte-code');
    await writeFile(join(directory, 'train.py'), 'print("train")\n');
    const bundle = await new BundleDirectory(directory).add([
      { path: 'train.py', source: join(directory, 'train.py'), mode: 0o644 },
    ]);
    const base = workflowOf(1, 'coded');
    const coded = { ...base.tasks['train'], script: { entry: 'train.py', bundle } };
    graph = { ...base, tasks: { train: coded } } as WorkflowGraph;
  });
  afterAll(() => removeTree(directory));

  const archive = (digest: string) => readFile(join(directory, `${digest.slice('sha256:'.length)}.tar.gz`));
  const upload = (read: typeof archive) =>
    uploadBundles(graph, { admin, place, archive: read, say: () => undefined });

  test('is uploaded by a signed URL to a place that follows from its digest, and the tasks name it', async () => {
    const [{ digest } = { digest: '' }] = [
      ...new Set([
        (graph.tasks['train'] as never as { script: { bundle: { digest: string } } }).script.bundle,
      ]),
    ];
    const uploaded = await upload(archive);
    const uri = `s3://flyte/flytesnacks/development/sluice-bundles/${digest.replace(':', '-')}/sourcedir.tar.gz`;
    expect(uploaded.tasks['train']).toMatchObject({ script: { bundle: { digest, uri } } });
    expect(fake.uploads.get(uri)?.body).toEqual(await archive(digest));
    expect(contentVersion({ graph: uploaded })).toBe(contentVersion({ graph }));
    expect(await upload(archive)).toEqual(uploaded);
  });

  test('that another program has packed before stays as it was', async () => {
    const before = await upload(archive);
    expect(
      await upload(async (digest) => Buffer.concat([await archive(digest), Buffer.from('more')])),
    ).toEqual(before);
  });
});
