import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAccess, inspectCluster } from '../../src/platforms/clusters/index.ts';
import type { Platform } from '../../src/platforms/index.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { endOfJob, linesOf, submitJob, taskOf, untilPrinted } from '../harness/cluster-jobs.ts';
import { installJobSets, removeJobSets, startJobSetController } from '../harness/job-set-controller.ts';
import { type JobsNamespace, kubectl, openJobsNamespace } from '../harness/kubernetes.ts';

let directory: string;
let namespace: JobsNamespace;
let platform: Platform;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-job-sets-'));
  namespace = await openJobsNamespace();
  platform = await platformOf();
}, 300_000);
afterAll(async () => {
  for (const close of opened) await close();
  await removeJobSets();
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function platformOf(more: { readonly queue?: string } = {}): Promise<Platform> {
  const { settings, environment } = namespace;
  const options = {
    home: join(directory, 'home'),
    settings: { ...settings, ...more, jobSet: true },
    environment,
  };
  const { platform: own, detach } = await openPlatform(options);
  opened.push(detach);
  return own;
}

test('a cluster without JobSets is told before anything starts; with them, jobs are JobSets and run on all their hosts', async () => {
  const task = taskOf('echo $SM_CURRENT_HOST; grep -c "algo-[12]" /etc/hosts', { instanceCount: 2 });
  await expect(submitJob(platform, 'hosts', task)).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: expect.stringContaining('has no JobSet'),
  });
  await installJobSets();
  const access = await findAccess(namespace.settings, namespace.environment);
  expect(await inspectCluster(access, { needsJobSets: true })).toMatchObject({
    jobSet: true,
    missingRights: [],
  });
  await using _ = await startJobSetController(namespace.name);
  const handle = await submitJob(platform, 'hosts', task);
  expect(await submitJob(platform, 'hosts', task)).toEqual(handle);
  expect(await endOfJob(platform, handle)).toMatchObject({ phase: 'succeeded' });
  expect((await linesOf(platform, handle)).sort()).toEqual(['2', '2', 'algo-1', 'algo-2']);
  const sets = await kubectl(['-n', namespace.name, 'get', 'jobsets,jobs', '-o', 'name']);
  expect(sets.trim().split('\n')).toEqual(['jobset.jobset.x-k8s.io/hosts', 'job.batch/hosts-algo-0']);
});

test('a JobSet that is stopped keeps its model', async () => {
  await installJobSets();
  await using _ = await startJobSetController(namespace.name);
  const command = `trap 'echo saved > /opt/ml/model/m; exit 0' TERM; echo ready; while true; do sleep 0.1; done`;
  const handle = await submitJob(platform, 'stopped', taskOf(command));
  await untilPrinted(platform, handle, 'ready');
  await platform.cancel(handle);
  const status = await endOfJob(platform, handle);
  expect(status).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  expect(status.outputs['model']).toMatch(/stopped\/output\/model\.tar\.gz$/);
});

test('a JobSet that waits for its queue, or for its controller, is queued; cancelled there, it never starts', async () => {
  await installJobSets();
  const queued = await platformOf({ queue: 'team' });
  const handle = await submitJob(queued, 'queued', taskOf('echo begun'));
  expect(await queued.status(handle)).toMatchObject({ phase: 'queued' });
  await queued.cancel(handle);
  expect(await endOfJob(queued, handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  await using _ = await startJobSetController(namespace.name);
  await expect
    .poll(
      () =>
        kubectl([
          '-n',
          namespace.name,
          'get',
          'jobs',
          'queued-algo-0',
          '-o',
          'jsonpath={.spec.suspend}',
        ]).catch(() => ''),
      { timeout: 120_000 },
    )
    .toBe('true');
  expect(await queued.status(handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
});
