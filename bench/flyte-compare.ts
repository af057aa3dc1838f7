/**
 * The connector beside flytekit's own, in Python, on the same work: jobs of `sagemaker-training-job` on one `sluice serve`.
 * CreateTask and GetTask per second of each connector's own processor time. Claim: at least 10 times as many.
 * Python's packages are installed as `npm run test:flyte` does.
 *
 *     node bench/flyte-compare.ts [jobs, 200 by default]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pollUntil } from '../src/core/poll-until.ts';
import type { CreateTaskRequest } from '../src/flyte/connector/messages.ts';
import { takeFreePort } from '../src/jobs/serving/free-port.ts';
import { flytekit } from '../test/flyte/judged/flytekit.ts';
import { createRequest, FlyteClient, text } from '../test/harness/flyte-client.ts';

const JOBS = Number(process.argv[2] ?? 200);
/** Each job is asked for so often. */
const GETS = 5;
const AT_ONCE = 4;
const TICK_MS = 10;
const TYPE = 'sagemaker-training-job';

const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const children: ChildProcess[] = [];

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', process.env['VERBOSE'] ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env, HOME: directory, TMPDIR: directory },
  });
  children.push(child);
  return child;
}

async function printed<Value>({ stdout }: ChildProcess): Promise<Value> {
  let out = '';
  for await (const piece of stdout ?? []) {
    out += String(piece);
    if (out.includes('}')) break;
  }
  return JSON.parse(out) as Value;
}

function sluice(...args: string[]): ChildProcess {
  return start(process.execPath, [
    'dist/cli/main.js',
    ...args,
    '--port',
    '0',
    '--json',
    '--executor',
    'simulate',
    '--simulate-delay',
    'Training=3600000',
  ]);
}

/** Processor time of a process so far, milliseconds. */
function usedMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function residentMiB({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** flytekit's connector cancels calls of its own accord when there are several at once. */
async function untilItWorks(at: number, call: (at: number) => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await call(at);
      return;
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

/** @returns calls per second of processor time */
async function rate(
  child: ChildProcess,
  count: number,
  call: (at: number) => Promise<unknown>,
): Promise<number> {
  const before = usedMs(child);
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) await untilItWorks(next++, call);
    }),
  );
  return (count / (usedMs(child) - before)) * 1000;
}

function request(name: string): CreateTaskRequest {
  const output = { S3OutputPath: 's3://flyte/out' };
  return createRequest({
    type: TYPE,
    execution: name,
    inputs: { name: text(name) },
    outputs: { result: { simple: 'STRUCT' } },
    custom: {
      region: 'us-east-1',
      config: {
        TrainingJobName: '{inputs.name}',
        AlgorithmSpecification: { TrainingImage: 'train:1', TrainingInputMode: 'File' },
        RoleArn: 'arn:aws:iam::123456789012:role/train',
        OutputDataConfig: output,
        ResourceConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 },
        StoppingCondition: { MaxRuntimeInSeconds: 86400 },
      },
    },
  });
}

interface Rates {
  readonly create: number;
  readonly get: number;
}

async function measure(name: string, child: ChildProcess, port: number): Promise<Rates> {
  using client = await FlyteClient.connect(port);
  const answers = (): Promise<boolean> =>
    client.agents().then(
      () => true,
      () => false,
    );
  if (!(await pollUntil(answers, { everyMs: 500, limitMs: 180_000 })))
    throw new Error(`${name} does not answer.`);
  const metas: Buffer[] = [];
  // What is loaded with the first call is no part of it.
  for (let at = 0; at < AT_ONCE; at++)
    await client.get(await client.create(request(`${name}-warm-${at}`)), TYPE);
  const create = await rate(child, JOBS, async (at) => {
    metas[at] = await client.create(request(`${name}-${at}`));
  });
  const phases = new Set<string>();
  const get = await rate(child, JOBS * GETS, async (at) => {
    phases.add((await client.get(metas[at % JOBS] as Buffer, TYPE)).phase);
  });
  console.log(
    `${name}: ${create.toFixed(0)} CreateTask, ${get.toFixed(0)} GetTask per second of processor time, ${residentMiB(child).toFixed(0)} MiB (${[...phases].join(', ')})`,
  );
  return { create, get };
}

async function startOurs(endpoint: string): Promise<[ChildProcess, number]> {
  const config = join(directory, 'sluice.yaml');
  writeFileSync(config, `platforms: { sagemaker: { endpoint: '${endpoint}', region: us-east-1 } }\n`);
  const child = sluice('connector', '--config', config, '--home', join(directory, 'connector'));
  return [child, (await printed<{ port: number }>(child)).port];
}

async function startTheirs(endpoint: string): Promise<[ChildProcess, number]> {
  const [port, metrics] = [await takeFreePort(), await takeFreePort()];
  const args = ['serve', 'connector', '--port', `${port}`, '--prometheus_port', `${metrics}`];
  return [start(join(await flytekit(), 'pyflyte'), args, { AWS_ENDPOINT_URL: endpoint }), port];
}

process.env['AWS_ACCESS_KEY_ID'] ??= 'sluice';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'sluice';
process.env['AWS_DEFAULT_REGION'] ??= 'us-east-1';
try {
  const { url } = await printed<{ url: string }>(sluice('serve', '--home', join(directory, 'serve')));
  const ours = await measure('sluice', ...(await startOurs(url)));
  const theirs = await measure('flytekit', ...(await startTheirs(url)));
  const times = (kind: keyof Rates): string => (ours[kind] / theirs[kind]).toFixed(1);
  console.log(
    `${times('create')} times as many CreateTask, ${times('get')} times as many GetTask (at least 10)`,
  );
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
