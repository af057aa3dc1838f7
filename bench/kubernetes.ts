// What Kubernetes costs beside the cluster itself, on a control plane and node of its own: as root,
// `node bench/kubernetes.ts [rounds]`. Limits: a no-op training job takes at most 4 s more than a bare Job of the same
// image; 1,000 jobs watched are at most one request a second and 150 MiB; a followed log has at least 0.9 × the lines a
// second that `kubectl logs -f` has; a line is there at most 500 ms after it was printed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../scripts/support/cluster.mjs';
import type { TrainingTask } from '../src/graph/index.ts';
import type { JobHandle } from '../src/platforms/index.ts';
import { MARKS } from '../src/platforms/kubernetes/cluster-names.ts';
import { openPlatform } from '../test/fixtures/platforms/kubernetes.ts';
import { saveClusterImages } from '../test/harness/cluster-images.ts';
import { IMAGE } from '../test/harness/containers.ts';
import { adminClient, kubectl, openJobsNamespace } from '../test/harness/kubernetes.ts';
import './support/compiled.mjs';
import { median, printMachine } from './support/report.ts';

const LIMITS = { moreMs: 4000, requestsPerSecond: 1, bytes: 150 * 2 ** 20, lines: 0.9, lagMs: 500 };
const WATCHED = 1000;
const WATCHED_MS = 60_000;
const LINES = 200_000;
const rounds = Number(process.argv[2] ?? 5);

printMachine();
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-kubernetes-'));
const images = await saveClusterImages(directory);
const cluster = await startCluster();
try {
  cluster.importImage(images);
  process.env['SLUICE_TEST_CLUSTER'] = JSON.stringify(cluster.describe());
  await using namespace = await openJobsNamespace();
  const { settings, environment } = namespace;
  const { platform, detach } = await openPlatform({ home: join(directory, 'home'), settings, environment });
  const submit = (name: string, command: string): Promise<JobHandle> =>
    platform.submit({ task: taskOf(command), inputs: {}, jobName: name }, { idempotencyKey: name });

  const own: number[] = [];
  const bare: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const started = performance.now();
    const handle = await submit(`noop-${round + 1}`, 'true');
    for await (const _ of platform.watch(handle));
    const ownMs = performance.now() - started;
    const bareMs = await timeBare(namespace.name, `bare-${round + 1}`);
    if (round < 0) continue;
    own.push(ownMs);
    bare.push(bareMs);
  }
  const moreMs = median(own) - median(bare);
  tell(
    `no-op training job ${median(own).toFixed(0)} ms, bare Job ${median(bare).toFixed(0)} ms: ${moreMs.toFixed(0)} ms more`,
    moreMs <= LIMITS.moreMs,
  );

  const followed = await submit('lines', `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); done`);
  const rates: { readonly sluice: number[]; readonly kubectl: number[] } = { sluice: [], kubectl: [] };
  for await (const _ of platform.watch(followed));
  for (let round = 0; round < 3; round++) {
    rates.sluice.push(await linesPerSecond(platform.logs(followed, { follow: true })));
    rates.kubectl.push(await kubectlRate(namespace.name, 'lines'));
  }
  const ratio = median(rates.sluice) / median(rates.kubectl);
  tell(
    `log lines a second: ${median(rates.sluice).toFixed(0)}, kubectl ${median(rates.kubectl).toFixed(0)}: ${ratio.toFixed(2)}×`,
    ratio >= LIMITS.lines,
  );

  const lags: number[] = [];
  const steady = await submit('steady', 'for i in $(seq 200); do echo $i; sleep 0.1; done');
  for await (const { timestamp } of platform.logs(steady, { follow: true }))
    lags.push(Date.now() - timestamp.getTime());
  // The first lines were printed before anybody followed.
  const late = lags.slice(20).sort((a, b) => a - b);
  const most = late[Math.floor(late.length * 0.99)] ?? 0;
  tell(`log lag: median ${median(late)} ms, 99 % within ${most} ms`, most <= LIMITS.lagMs);
  await detach();

  await watchMany(namespace.name, settings, environment);
} finally {
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
}

function tell(what: string, isWell: boolean): void {
  console.log(`${what} ${isWell ? 'ok' : 'TOO MUCH'}`);
  if (!isWell) process.exitCode = 1;
}

function taskOf(command: string): TrainingTask {
  return {
    type: 'training',
    name: 'bench',
    interface: { inputs: {}, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 1,
    image: IMAGE,
    command: ['sh', '-c', command],
    environment: {},
    maxRuntimeInSeconds: 3600,
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
  };
}

async function timeBare(namespace: string, name: string): Promise<number> {
  const client = await adminClient(namespace);
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const containers = [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['true'] }];
  const started = performance.now();
  await client.post(path, {
    metadata: { name },
    spec: { template: { spec: { restartPolicy: 'Never', containers } } },
  });
  for (;;) {
    const { status } = await client.get<{ status: { completionTime?: string } }>(`${path}/${name}`);
    if (status.completionTime !== undefined) break;
    await sleep(100);
  }
  client.close();
  return performance.now() - started;
}

async function linesPerSecond(lines: AsyncIterable<unknown>): Promise<number> {
  const started = performance.now();
  let count = 0;
  for await (const _ of lines) count++;
  return (count / (performance.now() - started)) * 1000;
}

async function kubectlRate(namespace: string, job: string): Promise<number> {
  const pod = (
    await kubectl(['-n', namespace, 'get', 'pods', '-l', `${MARKS.job}=${job}`, '-o', 'name'])
  ).trim();
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
  const started = performance.now();
  const child = spawn(cluster.kube, ['kubectl', '-n', namespace, 'logs', '-f', pod, '-c', 'main'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let count = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    for (const byte of bytes) if (byte === 10) count++;
  });
  await once(child, 'close');
  return (count / (performance.now() - started)) * 1000;
}

/** Jobs that run for the cluster as far as it is asked: they are suspended, and nobody resumes them. */
async function watchMany(
  namespace: string,
  settings: Awaited<ReturnType<typeof openJobsNamespace>>['settings'],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const client = await adminClient(namespace);
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const handles: JobHandle[] = [];
  for (let index = 0; index < WATCHED; index++) {
    const name = `watched-${index}`;
    const annotations = { [MARKS.jobName]: name, [MARKS.jobType]: 'training', [MARKS.attempt]: 'a' };
    const containers = [{ name: 'main', image: IMAGE, command: ['true'] }];
    const labels = { [MARKS.managedBy]: MARKS.manager, [MARKS.job]: name };
    const template = { metadata: { labels }, spec: { restartPolicy: 'Never', containers } };
    await client.post(path, { metadata: { name, labels, annotations }, spec: { suspend: true, template } });
    handles.push({ platform: 'kubernetes', jobType: 'training', jobName: name });
  }
  client.close();
  const before = await requests();
  const worker = join(import.meta.dirname, 'support/watch-jobs-worker.mjs');
  const child = spawn(process.execPath, [worker], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(
    JSON.stringify({ handles, settings, environment, home: join(directory, 'home'), watchMs: WATCHED_MS }),
  );
  const told = Buffer.concat(await Array.fromAsync(child.stdout as AsyncIterable<Buffer>)).toString();
  const { seen, peakBytes } = JSON.parse(told) as { readonly seen: number; readonly peakBytes: number };
  const rate = ((await requests()) - before) / (WATCHED_MS / 1000);
  tell(
    `${seen} of ${WATCHED} jobs watched: ${rate.toFixed(2)} requests a second`,
    rate <= LIMITS.requestsPerSecond && seen === WATCHED,
  );
  tell(`  peak memory ${(peakBytes / 2 ** 20).toFixed(0)} MiB`, peakBytes <= LIMITS.bytes);
}

/** What the API server has been asked by Sluice, of all that it counts: lists and watches of jobs and pods. */
async function requests(): Promise<number> {
  const text = await kubectl(['get', '--raw', '/metrics']);
  const lines = text
    .split('\n')
    .filter((line) =>
      /^apiserver_request_total\{.*resource="(jobs|pods)".*verb="(LIST|WATCH|GET)"/.test(line),
    );
  const ofSluice = lines.filter((line) => /scope="namespace"/.test(line));
  return ofSluice.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
