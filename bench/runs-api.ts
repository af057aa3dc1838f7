/**
 * Runs over HTTP: from `POST /runs` to the first node committed (claim: at most 20 ms at the median) and to the first line
 * of its script (claim: at most 3 times the bare start of Node); memory of the server while 1,000 runs are under way.
 *
 *     node bench/runs-api.ts
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { graphOf, readEvents } from '../test/harness/runs-api.ts';

const ROUNDS = 15;
const RUNS = 1000;

const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const headers = { 'content-type': 'application/json' };

async function serve(args: readonly string[]) {
  const program = spawn(
    process.execPath,
    ['src/cli/main.ts', 'serve', '--port', '0', '--json', '--home', home, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let out = '';
  for await (const piece of program.stdout) {
    out += String(piece);
    if (out.includes('\n')) break;
  }
  const { url } = JSON.parse(out.split('\n', 1)[0] as string) as { url: string };
  return { program, url: `${url}/_sluice/v1` };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;
const rss = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function begin(url: string, name: string, program: string): Promise<string> {
  const body = JSON.stringify({ graph: graphOf(name, { only: program }) });
  const answer = await fetch(`${url}/runs`, { method: 'POST', headers, body });
  return ((await answer.json()) as { id: string }).id;
}

async function latency(): Promise<void> {
  const { program, url } = await serve([]);
  const [node, committed, printed]: number[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    node?.push(performance.now() - before);
    const asked = performance.now();
    const began = Date.now();
    const id = await begin(url, 'bench', 'console.log(Date.now())');
    await readEvents(`${url}/runs/${id}/events`, { until: ({ event }) => event === 'node' });
    committed?.push(performance.now() - asked);
    await readEvents(`${url}/runs/${id}/events`);
    const log = (await (await fetch(`${url}/runs/${id}/nodes/only/logs`)).json()) as {
      lines: { message: string }[];
    };
    if (round > 0) printed?.push(Number(log.lines[0]?.message) - began);
  }
  const [start, commit, line] = [node, committed, printed].map((each) => median(each ?? [])) as [
    number,
    number,
    number,
  ];
  console.log(`first node committed   ${commit.toFixed(1)} ms (claim 20)`);
  console.log(
    `first line             ${line.toFixed(0)} ms, ${(line / start).toFixed(2)} of Node's start, ${start.toFixed(0)} ms (claim 3)`,
  );
  program.kill();
  await new Promise((done) => program.once('exit', done));
}

async function memory(): Promise<void> {
  const { program, url } = await serve(['--executor', 'simulate', '--simulate-delay', 'Processing=2000']);
  const pid = program.pid as number;
  await begin(url, 'warm', '');
  const before = rss(pid);
  await Promise.all(Array.from({ length: RUNS }, () => begin(url, 'many', '')));
  let most = rss(pid);
  for (let second = 0; second < 30; second++) {
    await sleep(1000);
    most = Math.max(most, rss(pid));
  }
  console.log(
    `memory                 ${before.toFixed(0)} MiB before, at most ${most.toFixed(0)} MiB with ${RUNS} runs`,
  );
  program.kill();
  await new Promise((done) => program.once('exit', done));
}

await latency();
await memory();
rmSync(home, { recursive: true, force: true });
