import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KubernetesSettings } from '../../src/core/platforms-settings.ts';
import type { Platform } from '../../src/platforms/index.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { endOfJob as end, submitJob as submit, taskOf, untilPrinted } from '../harness/cluster-jobs.ts';
import { type JobsNamespace, kubectl, openJobsNamespace, testCluster } from '../harness/kubernetes.ts';

const LIMIT = { timeout: 240_000 };

let directory: string;
let namespace: JobsNamespace;
const opened: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-traps-'));
  namespace = await openJobsNamespace();
}, 300_000);
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await kube('delete', 'jobs', '--all', '--wait=false');
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function kube(...args: readonly string[]): Promise<string> {
  return kubectl(['-n', namespace.name, ...args]);
}

async function platformOf(more: Partial<KubernetesSettings> = {}): Promise<Platform> {
  const { settings, environment } = namespace;
  const { platform, detach } = await openPlatform({
    home: join(directory, 'home'),
    settings: { ...settings, ...more },
    environment,
  });
  opened.push(detach);
  return platform;
}

const TERM_IS_FINE = "trap 'echo stopping; exit 0' TERM; echo ready; while true; do sleep 0.1; done";

async function podOf(job: string): Promise<string> {
  return (await kube('get', 'pods', '-l', `sluice/job=${job}`, '-o', 'name')).trim();
}

test('an eviction is an interruption, although the program ends with 0 and the cluster counts that as success', async () => {
  const platform = await platformOf();
  const handle = await submit(platform, 'evicted', taskOf(TERM_IS_FINE));
  await untilPrinted(platform, handle, 'ready');
  const pod = (await podOf('evicted')).replace('pod/', '');
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace: namespace.name },
  };
  await kubectl(
    ['create', '--raw', `/api/v1/namespaces/${namespace.name}/pods/${pod}/eviction`, '-f', '-'],
    JSON.stringify(eviction),
  );
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', fault: 'system', displaced: 'interruption', outputs: {} });
  expect(status.logTail).toEqual(['ready', 'stopping']);
});

test('a program that ends with 0 when its pod is deleted has not succeeded', async () => {
  const platform = await platformOf();
  const handle = await submit(platform, 'deleted', taskOf(TERM_IS_FINE));
  await untilPrinted(platform, handle, 'ready');
  await kube('delete', await podOf('deleted'), '--wait=false');
  expect(await end(platform, handle)).toMatchObject({
    phase: 'failed',
    fault: 'system',
    displaced: 'interruption',
  });
});

test('a stopped job keeps its model and its log, beyond the life of its pod', async () => {
  const platform = await platformOf();
  const command = `trap 'echo saved > /opt/ml/model/m; echo saved; exit 0' TERM; echo ready; while true; do sleep 0.1; done`;
  const handle = await submit(platform, 'stopped', taskOf(command));
  await untilPrinted(platform, handle, 'ready');
  await platform.cancel(handle);
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'aborted', status: 'Stopped' });
  expect(status.outputs['model']).toMatch(/stopped\/output\/model\.tar\.gz$/);
  expect(await podOf('stopped')).toBe('');
  const lines = await Array.fromAsync(platform.logs(handle));
  expect(lines.map(({ message }) => message)).toEqual(['ready', 'saved']);
  const rest = await Array.fromAsync(platform.logs(handle, { cursor: lines[0]!.cursor }));
  expect(rest.map(({ message }) => message)).toEqual(['saved']);
});

test('an image that cannot be pulled fails the job in its time, which the cluster does not', async () => {
  const platform = await platformOf({ imagePullPolicy: 'IfNotPresent', imagePullSeconds: 5 });
  const handle = await submit(platform, 'no-image', taskOf('true', { image: 'localhost:1/nowhere:1' }));
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(status.message).toMatch(
    /^ClientError: The image cannot be pulled\. Container 'main': (ErrImagePull|ImagePullBackOff)/,
  );
});

test('a job that no node has room for waits, says why, and makes way for another place', async () => {
  const platform = await platformOf({ startSeconds: 20 });
  const handle = await submit(platform, 'no-room', taskOf('true', { instanceType: 'ml.p5.48xlarge' }));
  const seen = await Array.fromAsync(platform.watch(handle));
  expect(seen.find(({ message }) => message?.startsWith('Unschedulable'))).toMatchObject({ phase: 'queued' });
  expect(seen.at(-1)).toMatchObject({ phase: 'failed', fault: 'system', displaced: 'capacity' });
  expect(seen.at(-1)?.message).toContain('Insufficient');
});

test('the deadline of the cluster counts as the end of its time', async () => {
  const platform = await platformOf();
  const handle = await submit(platform, 'deadline', taskOf(TERM_IS_FINE));
  await untilPrinted(platform, handle, 'ready');
  await kube('patch', 'job', 'deadline', '--type=merge', '-p', '{"spec":{"activeDeadlineSeconds":1}}');
  const status = await end(platform, handle);
  expect(status).toMatchObject({
    phase: 'failed',
    status: 'Stopped',
    secondaryStatus: 'MaxRuntimeExceeded',
    fault: 'user',
  });
  const lines = await Array.fromAsync(platform.logs(handle));
  expect(lines.map(({ message }) => message)).toEqual(['ready', 'stopping']);
});

test('a job that its queue holds back is queued; cancelled there, it ends', async () => {
  const platform = await platformOf({ queue: 'team' });
  const handle = await submit(platform, 'suspended', taskOf('true'));
  expect(await platform.status(handle)).toMatchObject({
    phase: 'queued',
    message: expect.stringContaining('queue'),
  });
  expect(
    await kube('get', 'job', 'suspended', '-o', 'jsonpath={.metadata.labels.kueue\\.x-k8s\\.io/queue-name}'),
  ).toBe('team');
  await platform.cancel(handle);
  expect(await end(platform, handle)).toMatchObject({ phase: 'aborted', status: 'Stopped' });
});

test('a job runs once its queue lets it', async () => {
  const platform = await platformOf({ queue: 'team' });
  const handle = await submit(platform, 'released', taskOf('true'));
  await kube('patch', 'job', 'released', '--type=merge', '-p', '{"spec":{"suspend":false}}');
  expect(await end(platform, handle)).toMatchObject({ phase: 'succeeded' });
});

test('what the program writes is not taken for the result', async () => {
  const platform = await platformOf();
  const command = `printf '{"version":1,"body":"{}","signature":"0"}' > /opt/ml/output/result.json; env | grep -c -E 'AGENT|AWS_SECRET' ; ls /var/run/secrets /var/run/sluice /var/lib/sluice 2>&1 | grep -c 'No such'; exit 3`;
  const handle = await submit(platform, 'hostile', taskOf(command));
  const status = await end(platform, handle);
  expect(status).toMatchObject({ phase: 'failed', fault: 'user', logTail: ['0', '3'] });
  expect(status.message).toContain('exit code: 3');
});

test('a program out of memory fails by its own fault', async () => {
  const settings = { instanceTypes: { 'ml.m5.large': { cpus: '100m', memory: '64Mi' } } };
  const platform = await platformOf(settings);
  const handle = await submit(
    platform,
    'memory',
    taskOf('node -e "const all=[]; for(;;) all.push(Buffer.alloc(1e7, 1))"'),
  );
  expect(await end(platform, handle)).toMatchObject({
    phase: 'failed',
    fault: 'user',
    message: expect.stringMatching(/137|OOMKilled/),
  });
});

test('a program that fills its volume fails by its own fault, and is told so', {
  timeout: 300_000,
}, async () => {
  const platform = await platformOf();
  const command =
    'fallocate -l 1200M /opt/ml/output/big || dd if=/dev/zero of=/opt/ml/output/big bs=1M count=1200; sleep 200';
  const status = await end(platform, await submit(platform, 'full', taskOf(command)));
  expect(status).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(status).not.toHaveProperty('displaced');
  expect(status.message).toContain('ClientError: No space is left on a volume of the job: volumeSizeInGB');
  expect(status.message).toContain('Usage of EmptyDir volume "ml" exceeds the limit "1Gi"');
});

test('all of a pod runs as the user of the settings', LIMIT, async () => {
  const platform = await platformOf({ runAs: { user: 4711, group: 4712, fsGroup: 4713 } });
  const command = 'id; echo kept > /opt/ml/model/word.txt && stat -c %u:%g /opt/ml/model/word.txt';
  const handle = await submit(platform, 'run-as', taskOf(command));
  expect(await end(platform, handle)).toMatchObject({ phase: 'succeeded' });
  const lines = (await Array.fromAsync(platform.logs(handle))).map(({ message }) => message);
  expect(lines.join('\n')).toContain('uid=4711 gid=4712');
  expect(lines.at(-1)).toMatch(/^4711:471[23]$/);
});

test('the same name with another request is refused, the same request is the same job', async () => {
  const platform = await platformOf();
  const first = await submit(platform, 'twice', taskOf('sleep 60'));
  expect(await submit(platform, 'twice', taskOf('sleep 60'))).toEqual(first);
  await expect(submit(platform, 'twice', taskOf('sleep 61'))).rejects.toMatchObject({ code: 'JobNameTaken' });
});

test('a right that is missing is named', async () => {
  await kube('create', 'serviceaccount', 'reader');
  await kube('create', 'role', 'reader', '--verb=get,list,watch', '--resource=jobs.batch,pods,secrets');
  await kube('create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace.name}:reader`);
  const token = (await kube('create', 'token', 'reader')).trim();
  const { server, state } = testCluster();
  const config = {
    clusters: [
      { name: 'c', cluster: { server, 'certificate-authority': join(state, 'certs/apiserver.crt') } },
    ],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  const { writeFile } = await import('node:fs/promises');
  const kubeconfig = join(directory, 'reader.kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(config));
  const platform = await platformOf({ kubeconfig });
  await expect(submit(platform, 'denied', taskOf('true'))).rejects.toMatchObject({
    code: 'AccessDenied',
    message: expect.stringMatching(/cannot create resource "(jobs|secrets)"/),
  });
});

test('a job whose node goes away is an interruption, and its pod is forgotten', {
  timeout: 180_000,
}, async () => {
  const platform = await platformOf({ uploadSeconds: 1 });
  const handle = await submit(platform, 'node-gone', taskOf(TERM_IS_FINE));
  await untilPrinted(platform, handle, 'ready');
  const { kubelet } = testCluster();
  process.kill(kubelet, 'SIGSTOP');
  try {
    await kube('delete', await podOf('node-gone'), '--grace-period=1', '--wait=false');
    await sleep(1000);
    expect(await end(platform, handle)).toMatchObject({
      phase: 'failed',
      fault: 'system',
      displaced: 'interruption',
    });
    expect(await podOf('node-gone')).toBe('');
  } finally {
    process.kill(kubelet, 'SIGCONT');
  }
});
