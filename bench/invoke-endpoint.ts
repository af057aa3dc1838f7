// What InvokeEndpoint costs beside the model: requests per second with 16 connections, and the median time of one
// request after the other, through `sluice serve` and to the model server itself, by turns in one run; and what a second
// worker is worth: `node bench/invoke-endpoint.ts [rounds]`. Limits: at least 0.8 of its requests per second, at most half
// of its time added; 1.5 times the requests with two workers. Needs `python3` with venv, and a package index the first time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { NODE_IMAGE } from '../src/contract/images.ts';
import { serverFile } from '../src/core/home.ts';
import { pythonForModels } from '../test/harness/python.ts';
import { nodeArchive, sklearnArchive } from './support/bench-models.ts';
import { deployModel } from './support/deployed-model.ts';
import { KeepAliveClient } from './support/keep-alive-client.ts';
import { median, printMachine } from './support/report.ts';

const RATIO_LIMIT = 0.8;
/** Of the direct median. */
const ADDED_LIMIT = 0.5;
const WORKERS_LIMIT = 1.5;
const CONNECTIONS = 16;
const ROUND_MS = 1_500;
const LATENCY_REQUESTS = 400;
const SKLEARN_IMAGE = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3';
/**
 * Which endpoint each model is asked at, and how many rows of how many features it is sent. The quickest is the first, so
 * that the server's code is compiled when its turn is that of the slowest.
 */
const MODELS = {
  linear: { endpoint: 'node', rows: 1, features: 20 },
  forest: { endpoint: 'node', rows: 10, features: 20 },
  'scikit-learn': { endpoint: 'sklearn', rows: 1, features: 30 },
} as const;
const rounds = Number(process.argv[2] ?? 7);

type Target = readonly KeepAliveClient[];

const python = await pythonForModels();
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const server = spawn(process.execPath, ['src/cli/main.ts', 'serve', '--port', '0', '--home', home], {
  cwd: join(import.meta.dirname, '..'),
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, PATH: `${join(python, 'bin')}${delimiter}${process.env['PATH']}` },
});
try {
  await once(server.stdout, 'data');
  const { url } = JSON.parse(readFileSync(serverFile(home), 'utf8')) as { url: string };
  printMachine();
  const ports = {
    node: await deployModel(url, home, {
      name: 'node',
      image: NODE_IMAGE,
      archive: await nodeArchive(),
    }),
    sklearn: await deployModel(url, home, {
      name: 'sklearn',
      image: SKLEARN_IMAGE,
      archive: await sklearnArchive(python, 'logistic'),
    }),
  };
  for (const [name, { endpoint, rows, features }] of Object.entries(MODELS)) {
    const body = requestBody(rows, features);
    const direct = await open(ports[endpoint], '/invocations', body);
    const through = await open(Number(new URL(url).port), `/endpoints/${endpoint}/invocations`, body);
    await compare(name, direct, through);
    for (const client of [...direct, ...through]) client.close();
  }
  await compareWorkers(url);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(home, { recursive: true, force: true });
}

function requestBody(rows: number, features: number): string {
  const row = Array.from({ length: features }, (_, index) => index / 7);
  return JSON.stringify(Array.from({ length: rows }, () => row));
}

async function compare(name: string, direct: Target, through: Target): Promise<void> {
  for (const each of [direct, through]) await requestsPerSecond(each, ROUND_MS);
  const ratios: number[] = [];
  const added: number[] = [];
  console.log(`model: ${name}`);
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
    added.push((throughMs - directMs) / directMs);
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
  tell('requests per second, of the direct ones', median(ratios), median(ratios) >= RATIO_LIMIT, RATIO_LIMIT);
  tell('median time added, of the direct one', median(added), median(added) <= ADDED_LIMIT, ADDED_LIMIT);
  console.log();
}

/** The same forest with one worker and with two, through `sluice serve`. */
async function compareWorkers(url: string): Promise<void> {
  const archive = await sklearnArchive(python, 'forest');
  const port = Number(new URL(url).port);
  const targets: Target[] = [];
  for (const workers of ['1', '2']) {
    const name = `workers-${workers}`;
    const environment = { SAGEMAKER_MODEL_SERVER_WORKERS: workers };
    await deployModel(url, home, { name, image: SKLEARN_IMAGE, archive, environment });
    targets.push(await open(port, `/endpoints/${name}/invocations`, requestBody(1, 30)));
  }
  const [one, two] = targets as [Target, Target];
  for (const each of targets) await requestsPerSecond(each, 2 * ROUND_MS);
  const ratios: number[] = [];
  console.log('model: scikit-learn, a forest, with one worker and with two');
  for (let round = 0; round < rounds; round++) {
    const [single, double] = [await requestsPerSecond(one, ROUND_MS), await requestsPerSecond(two, ROUND_MS)];
    ratios.push(double / single);
    console.log(
      `${single.toFixed(0).padStart(14)}${double.toFixed(0).padStart(15)}${(double / single).toFixed(2).padStart(7)}`,
    );
  }
  tell(
    'requests per second, of those with one worker',
    median(ratios),
    median(ratios) >= WORKERS_LIMIT,
    WORKERS_LIMIT,
  );
  for (const client of [...one, ...two]) client.close();
}

function tell(what: string, value: number, good: boolean, limit: number): void {
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
