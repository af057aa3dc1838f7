/** What a pod's surroundings allow, and what they do not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KubernetesSettings } from '../../src/core/platforms-settings.ts';
import type { Platform } from '../../src/platforms/index.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { SHELLLESS_IMAGE } from '../harness/cluster-images.ts';
import { endOfJob, linesOf, submitJob, taskOf } from '../harness/cluster-jobs.ts';
import { type JobsNamespace, openJobsNamespace, testCluster } from '../harness/kubernetes.ts';

let directory: string;
let namespace: JobsNamespace;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-conditions-'));
  namespace = await openJobsNamespace();
  await namespace.s3.store.createBucket('data');
  await namespace.s3.store.put('data', 'train/a.txt', 'some text');
}, 300_000);
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function platformOf(more: Partial<KubernetesSettings> = {}): Promise<Platform> {
  const { settings, environment } = namespace;
  const options = { home: join(directory, 'home'), settings: { ...settings, ...more }, environment };
  const { platform, detach } = await openPlatform(options);
  opened.push(detach);
  return platform;
}

test.each([
  ['mount', 'fuse'],
  ['copy', 'none'],
] as const)('a FastFile channel under fastFile: %s is read', async (fastFile, expected) => {
  const platform = await platformOf({ fastFile });
  const place = '/opt/ml/input/data/train';
  const command = `cat ${place}/a.txt; echo; grep -q "${place}.* fuse" /proc/mounts && echo fuse || echo none`;
  const task = taskOf(command, { channels: { train: { inputMode: 'FastFile' } } as never });
  const handle = await submitJob(platform, `fast-${fastFile}`, task, { train: 's3://data/train/' });
  expect(await endOfJob(platform, handle)).toMatchObject({ phase: 'succeeded' });
  expect(await linesOf(platform, handle)).toEqual(['some text', expected]);
});

test('an image without a shell runs; what it has not is named', async () => {
  const platform = await platformOf();
  const { command: _, ...task } = taskOf('', { image: SHELLLESS_IMAGE });
  const own = await submitJob(platform, 'no-shell', task);
  expect(await endOfJob(platform, own)).toMatchObject({ phase: 'succeeded' });
  expect(await linesOf(platform, own)).toEqual(['train']);
  const shell = await submitJob(platform, 'shell', taskOf('true', { image: SHELLLESS_IMAGE }));
  const status = await endOfJob(platform, shell);
  expect(status).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(status.message).toBe("ClientError: The image does not have 'sh': No such file or directory.");
});

test('an S3 that pods do not reach is the reason, in its time', async () => {
  const { address } = testCluster();
  await using way = await openWay(namespace.s3.port, address);
  const platform = await platformOf({
    s3: { endpoint: `http://${address}:${way.port}`, region: 'us-east-1' },
  });
  const handle = await submitJob(platform, 'no-s3', taskOf('true'));
  const status = await endOfJob(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', fault: 'system' });
  expect(status.message).toMatch(
    /left no result.* prepare: .*job\.json: .*The endpoint could not be reached/s,
  );
});

/** A way to the S3 that this machine can go, and no pod: what comes from one is cut off. */
async function openWay(to: number, address: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((from) => {
    from.on('error', () => undefined);
    if (from.remoteAddress !== address) return void from.resetAndDestroy();
    const s3 = connect(to, address).on('error', () => from.destroy());
    from.pipe(s3).pipe(from);
    from.on('close', () => s3.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
