import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EndpointTask } from '../../src/graph/index.ts';
import type { JobHandle, JobStatus, Platform } from '../../src/platforms/index.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { NODE_IMAGE } from '../harness/cluster-images.ts';
import { archive } from '../harness/endpoints.ts';
import { type JobsNamespace, kubectl, openJobsNamespace } from '../harness/kubernetes.ts';
import { sluice } from '../harness/sluice.ts';

const SCRIPT = `
  import { readFileSync } from 'node:fs';
  console.log('this model is loaded');
  if (process.env.SLOW) await new Promise((done) => setTimeout(done, 600_000));
  if (process.env.BROKEN) throw new Error('this model does not load');
  export const modelFn = (directory: string) => readFileSync(directory + '/word.txt', 'utf8');
  export const predictFn = (input: unknown, word: string) => {
    if ((input as { n?: number }).n === 13) throw Object.assign(new Error('unlucky'), { statusCode: 422 });
    return { word, input };
  };`;
const LIMIT = { timeout: 400_000 };

let directory: string;
let namespace: JobsNamespace;
let platform: Platform;
/** As another process has it: all that it knows is in the handle. */
let other: Platform;
let detach: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-endpoints-'));
  namespace = await openJobsNamespace();
  const kubernetes = { ...namespace.settings, images: { node: NODE_IMAGE } };
  await mkdir(join(directory, 'home'));
  await writeFile(join(directory, 'home/config.yaml'), JSON.stringify({ platforms: { kubernetes } }));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'inference.ts'), SCRIPT);
  for (const word of ['old', 'new'])
    await writeFile(join(directory, `${word}.tar.gz`), await archive({ 'word.txt': word }));
  const { environment } = namespace;
  const opened = await openPlatform({ home: join(directory, 'a'), settings: kubernetes, environment });
  const again = await openPlatform({ home: join(directory, 'b'), settings: kubernetes, environment });
  platform = opened.platform;
  other = again.platform;
  detach = async () => {
    await opened.detach();
    await again.detach();
  };
}, 120_000);

afterAll(async () => {
  await detach();
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function endpoints(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await sluice(
    ['endpoints', ...args, '--platform', 'kubernetes', '--json'],
    { cwd: directory, home: join(directory, 'home'), environment: namespace.environment },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('an endpoint on a cluster is created, shown, invoked, updated and deleted', LIMIT, async () => {
  const script = ['--script', 'inference.ts', '--wait'];
  expect(await endpoints('create', 'words', '--model', 'old.tar.gz', ...script)).toMatchObject({
    name: 'words',
    status: 'InService',
    url: `http://words.${namespace.name}.svc/invocations`,
  });
  expect(await endpoints('ls')).toMatchObject({ endpoints: [{ name: 'words', status: 'InService' }] });
  expect(await endpoints('invoke', 'words', '--body', '[1, 2]')).toEqual({
    variant: 'AllTraffic',
    contentType: 'application/json',
    body: '{"word":"old","input":[1,2]}',
  });
  await endpoints('update', 'words', '--model', 'new.tar.gz', ...script);
  // Whoever passes requests on learns a moment later that the old one ends.
  await expect
    .poll(() => endpoints('invoke', 'words', '--body', '{"n":1}'), { timeout: 60_000, interval: 500 })
    .toMatchObject({ body: '{"word":"new","input":{"n":1}}' });
  expect(await endpoints('show', 'words')).toMatchObject({
    EndpointStatus: 'InService',
    ProductionVariants: [{ VariantName: 'AllTraffic', CurrentInstanceCount: 1 }],
  });
  const refused = await sluice(
    ['endpoints', 'invoke', 'words', '--platform', 'kubernetes', '--body', '{"n":13}'],
    {
      home: join(directory, 'home'),
      environment: namespace.environment,
    },
  );
  expect(refused.stderr).toContain('Received client error (422) from primary with message "');
  expect(refused.stderr).toContain('unlucky');
  expect(await endpoints('delete', 'words')).toEqual({ deleted: ['words'] });
  const left = await kubectl(['-n', namespace.name, 'get', 'deployments,services,replicasets', '-o', 'name']);
  expect(left).toBe('');
});

function taskOf(name: string, more: Partial<EndpointTask> = {}): EndpointTask {
  return {
    type: 'endpoint',
    name,
    interface: { inputs: { model: { type: 'uri' } }, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 30,
    maxRuntimeInSeconds: 86_400,
    environment: {},
    script: { entry: 'inference.ts', directory, whole: false },
    variants: { AllTraffic: { input: 'model' } },
    ...more,
  };
}

function submit(on: Platform, task: EndpointTask, idempotencyKey: string): Promise<JobHandle> {
  const inputs = { model: `file://${directory}/old.tar.gz` };
  return on.submit({ task, inputs, jobName: `${task.name}-job` }, { idempotencyKey });
}

async function last(on: Platform, handle: JobHandle): Promise<JobStatus> {
  let status: JobStatus | undefined;
  for await (const each of on.watch(handle)) status = each;
  return status as JobStatus;
}

test(
  'a change of an endpoint is one for one key; one that fails or is cancelled is taken back',
  LIMIT,
  async () => {
    const handles = await Promise.all([
      submit(platform, taskOf('tells'), 'run/tells/1'),
      submit(other, taskOf('tells'), 'run/tells/1'),
    ]);
    expect(handles[0]).toEqual(handles[1]);
    const url = `http://tells.${namespace.name}.svc/invocations`;
    expect(await last(other, handles[0])).toMatchObject({
      phase: 'succeeded',
      outputs: { endpointName: 'tells', url },
    });
    const lines = await Array.fromAsync(other.logs(handles[0]));
    expect(lines.map(({ message }) => message)).toContain('this model is loaded');
    expect(
      await Array.fromAsync(platform.logs(handles[0], { cursor: lines.at(-1)?.cursor as string })),
    ).toEqual([]);

    const broken = taskOf('tells', { environment: { BROKEN: 'yes' } });
    const failed = await last(platform, await submit(platform, broken, 'run/tells/2'));
    expect(failed).toMatchObject({ phase: 'failed', fault: 'user', status: 'Failed' });
    expect(failed.message).toContain('did not pass the ping health check');
    expect(failed.logTail?.join('\n')).toContain('this model does not load');

    const cancelled = await submit(
      platform,
      taskOf('tells', { environment: { SLOW: 'yes' } }),
      'run/tells/3',
    );
    await other.cancel(cancelled);
    expect(await last(platform, cancelled)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
    expect(await endpoints('show', 'tells')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: handles[0].jobName,
    });
    expect(await endpoints('invoke', 'tells', '--body', '{"n":1}')).toMatchObject({
      body: '{"word":"old","input":{"n":1}}',
    });
    await endpoints('delete', 'tells');
    await expect(platform.status(handles[0])).rejects.toMatchObject({ code: 'JobNotFound' });
  },
);

test('an endpoint that never serves is Failed, says why, and leaves no pods', LIMIT, async () => {
  const gone = await last(
    platform,
    await submit(platform, taskOf('absent', { image: 'localhost/absent:1' }), 'a'),
  );
  expect(gone).toMatchObject({ phase: 'failed', status: 'Failed' });
  expect(gone.message).toContain("Container 'main': ErrImageNeverPull");
  const pods = () =>
    kubectl(['-n', namespace.name, 'get', 'pods', '-l', 'sluice/endpoint=absent', '-o', 'name']);
  await expect.poll(pods, { timeout: 120_000, interval: 500 }).toBe('');
  const mended = await submit(other, taskOf('absent'), 'b');
  expect((await last(platform, mended)).phase).toBe('succeeded');
  await endpoints('delete', 'absent');
});
