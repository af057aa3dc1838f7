/**
 * The connector under Flyte: CreateTask and GetTask per second of its own processor time, the 99th percentile of GetTask
 * with many tasks under way (claim: at most 50 ms), and its memory (claim: at most 250 MiB).
 *
 *     node bench/flyte-connector.ts [tasks, 10000 by default]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequest, FlyteClient } from '../test/harness/flyte-client.ts';
import { peakMemoryOf } from './support/peak-memory.ts';

const TASKS = Number(process.argv[2] ?? 10_000);
/** Calls at the same time: Propeller has a few workers. */
const AT_ONCE = 16;
const LIMIT_MIB = 250;
/** Of a clock tick of the system. */
const TICK_MS = 10;

const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const args = ['connector', '--port', '0', '--json', '--home', home];
const program = spawn(
  process.execPath,
  ['dist/cli/main.js', ...args, '--executor', 'simulate', '--simulate-delay', 'Training=3600000'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);

/** Processor time of the connector so far, milliseconds. */
function usedMs(): number {
  const fields = readFileSync(`/proc/${program.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function residentMiB(): number {
  const text = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024;
}

async function measured(what: string, count: number, call: (at: number) => Promise<unknown>): Promise<void> {
  const before = usedMs();
  const latencies: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const at = next++;
        const asked = performance.now();
        await call(at);
        latencies.push(performance.now() - asked);
      }
    }),
  );
  const used = usedMs() - before;
  latencies.sort((a, b) => a - b);
  const p99 = latencies[Math.floor(latencies.length * 0.99)] as number;
  console.log(
    `${what}: ${Math.round((count / used) * 1000)} per second of processor time, p99 ${p99.toFixed(1)} ms with ${AT_ONCE} at once, ${residentMiB().toFixed(0)} MiB`,
  );
}

try {
  let out = '';
  for await (const piece of program.stdout) {
    out += String(piece);
    if (out.includes('}')) break;
  }
  const { port } = JSON.parse(out) as { port: number };
  console.log(`idle: ${residentMiB().toFixed(0)} MiB`);
  using client = await FlyteClient.connect(port);
  const request = (at: number) =>
    createRequest({
      type: 'sluice_training',
      custom: { task: { instanceType: 'ml.m5.large', image: 'train:1' } },
      inputs: { epochs: { scalar: { primitive: { integer: String(at % 7) } } } },
      outputs: { model: { simple: 'STRING' } },
      execution: `exec${at}`,
    });
  const metas: Buffer[] = [];
  await measured('CreateTask', TASKS, async (at) => {
    metas[at] = await client.create(request(at));
  });
  await measured('CreateTask, again', Math.min(TASKS, 2000), (at) => client.create(request(at)));
  await measured('GetTask', TASKS * 2, (at) => client.get(metas[at % TASKS] as Buffer));
  const peak = peakMemoryOf(readFileSync(`/proc/${program.pid}/status`, 'utf8')) / 2 ** 20;
  console.log(
    `peak memory ${peak.toFixed(0)} MiB (limit ${LIMIT_MIB})${peak <= LIMIT_MIB ? '' : ' TOO MUCH'}`,
  );
  if (peak > LIMIT_MIB) process.exitCode = 1;
} finally {
  program.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
