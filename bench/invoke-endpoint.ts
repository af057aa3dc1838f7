// What InvokeEndpoint costs beside the model: requests per second with 16 connections, and the median time of one
// request after the other, through `sluice serve` and to the model server itself, by turns in one run:
// `node bench/invoke-endpoint.ts [rounds]`. Limits: at least 0.8 of its requests per second, at most 0.4 ms added.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { packTar } from 'modern-tar';
import { homePaths, serverFile } from '../src/core/home.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';

const RATIO_LIMIT = 0.8;
const ADDED_LIMIT_MS = 0.4;
const CONNECTIONS = 16;
const ROUND_MS = 1_500;
const LATENCY_REQUESTS = 400;
const rounds = Number(process.argv[2] ?? 7);
/**
 * Two models of twenty features. `linear` is as little as a model can do, so that it shows what the way to it costs;
 * `forest`, 300 trees of depth 7 asked for ten rows, is a small model of everyday size.
 */
const MODEL = `
  console.log('PORT=' + process.env.SAGEMAKER_BIND_TO_PORT);
  const weights = Array.from({ length: 20 }, (_, index) => Math.sin(index));
  const linear = (row) => 1 / (1 + Math.exp(-row.reduce((sum, x, i) => sum + x * weights[i], 0)));
  const nodes = Float64Array.from({ length: 300 * 256 }, (_, index) => Math.sin(index * 7.3) * 3);
  function tree(start, row) {
    let node = 1;
    for (let depth = 0; depth < 7; depth++) {
      const limit = nodes[start + node];
      node = node * 2 + (row[Math.abs(limit * 6.6) | 0] > limit ? 1 : 0);
    }
    return nodes[start + node];
  }
  function forest(row) {
    let sum = 0;
    for (let start = 0; start < nodes.length; start += 256) sum += tree(start, row);
    return 1 / (1 + Math.exp(-sum / 300));
  }
  export const modelFn = () => ({ predict: (rows) => rows.map(rows.length === 1 ? linear : forest) });`;
const ROW = Array.from({ length: 20 }, (_, index) => index / 7);
const BODIES = {
  linear: JSON.stringify([ROW]),
  forest: JSON.stringify(Array.from({ length: 10 }, () => ROW)),
};

type Target = readonly KeepAliveClient[];

const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const server = spawn(process.execPath, ['src/cli/main.ts', 'serve', '--port', '0', '--home', home], {
  cwd: join(import.meta.dirname, '..'),
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await once(server.stdout, 'data');
  const { url } = JSON.parse(readFileSync(serverFile(home), 'utf8')) as { url: string };
  const port = await deploy(url);
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  for (const [name, body] of Object.entries(BODIES)) {
    const direct = await open(port, '/invocations', body);
    const through = await open(Number(new URL(url).port), '/endpoints/bench/invocations', body);
    await compare(name, direct, through);
    for (const client of [...direct, ...through]) client.close();
  }
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(home, { recursive: true, force: true });
}

async function compare(name: string, direct: Target, through: Target): Promise<void> {
  for (const each of [direct, through]) await requestsPerSecond(each, ROUND_MS);
  const ratios: number[] = [];
  const added: number[] = [];
  console.log(`\nmodel: ${name}`);
  console.log('  direct req/s  through req/s  ratio   direct ms  through ms  added ms');
  for (let round = 0; round < rounds; round++) {
    const [a, b] = round % 2 === 0 ? [direct, through] : [through, direct];
    const perSecond = new Map([
      [a, await requestsPerSecond(a, ROUND_MS)],
      [b, await requestsPerSecond(b, ROUND_MS)],
    ]);
    const [directMs, throughMs] = await medianTimes(direct, through);
    const [own, bare] = [perSecond.get(through) as number, perSecond.get(direct) as number];
    ratios.push(own / bare);
    added.push(throughMs - directMs);
    const cells = [
      bare.toFixed(0).padStart(14),
      own.toFixed(0).padStart(15),
      (own / bare).toFixed(2).padStart(7),
      directMs.toFixed(3).padStart(12),
      throughMs.toFixed(3).padStart(12),
      (throughMs - directMs).toFixed(3).padStart(10),
    ];
    console.log(cells.join(''));
  }
  report(
    'requests per second, of the direct ones',
    median(ratios),
    median(ratios) >= RATIO_LIMIT,
    RATIO_LIMIT,
  );
  report('median time added, ms', median(added), median(added) <= ADDED_LIMIT_MS, ADDED_LIMIT_MS);
}

function report(what: string, value: number, good: boolean, limit: number): void {
  console.log(`${what}: ${value.toFixed(3)} (limit ${limit}) ${good ? 'ok' : 'MISSED'}`);
}

async function requestsPerSecond(target: Target, durationMs: number): Promise<number> {
  const started = performance.now();
  let count = 0;
  const run = async (client: KeepAliveClient): Promise<void> => {
    while (performance.now() - started < durationMs) {
      await client.send();
      count++;
    }
  };
  await Promise.all(target.map(run));
  return (count / (performance.now() - started)) * 1000;
}

/** One request after the other, to both sides by turns. */
async function medianTimes(direct: Target, through: Target): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let request = 0; request < LATENCY_REQUESTS; request++) {
    for (const [index, [client]] of [direct, through].entries()) {
      const started = performance.now();
      await client?.send();
      (times[index] as number[]).push(performance.now() - started);
    }
  }
  return [median(times[0]), median(times[1])];
}

function open(port: number, path: string, body: string): Promise<KeepAliveClient[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => KeepAliveClient.open(port, path, body)));
}

/** Resolves with the model server's own port. */
async function deploy(url: string): Promise<number> {
  const store = createDirectoryStore(homePaths(home).objects);
  await store.createBucket('bench');
  await store.put('bench', 'model.tar.gz', await archive());
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new SageMakerClient({ endpoint: url, region: 'us-east-1', credentials });
  const role = 'arn:aws:iam::123456789012:role/Bench';
  const container = { Image: 'sluice/node:24', ModelDataUrl: 's3://bench/model.tar.gz' };
  const variant = { VariantName: 'all', ModelName: 'bench', InitialInstanceCount: 1 };
  await client.send(
    new CreateModelCommand({ ModelName: 'bench', PrimaryContainer: container, ExecutionRoleArn: role }),
  );
  await client.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: 'bench',
      ProductionVariants: [{ ...variant, InstanceType: 'ml.m5.large' }],
    }),
  );
  const names = { EndpointName: 'bench', EndpointConfigName: 'bench' };
  await client.send(new CreateEndpointCommand(names));
  for (;;) {
    const endpoint = await client.send(new DescribeEndpointCommand(names));
    if (endpoint.EndpointStatus === 'InService') break;
    if (endpoint.EndpointStatus === 'Failed') throw new Error(endpoint.FailureReason);
    await sleep(50);
  }
  client.destroy();
  return modelPort();
}

function modelPort(): number {
  const logs = join(homePaths(home).jobs, 'endpoint', 'bench', 'all', 'logs');
  const [file = ''] = readdirSync(logs);
  return Number(/PORT=(\d+)/.exec(readFileSync(join(logs, file), 'utf8'))?.[1]);
}

async function archive(): Promise<Buffer> {
  const files = { 'code/inference.js': MODEL, 'code/package.json': '{"type":"module"}' };
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
