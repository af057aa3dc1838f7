// Small objects over S3, by wrk with 16 connections, against moto: PUT and GET of 1 KiB, ListObjectsV2 of 1,000.
// `node bench/s3-small-objects.ts [rounds [seconds]]`. Needs wrk: apt-get install wrk

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peakMemoryOf } from './support/peak-memory.ts';
import { type MeasuredServer, startMoto, startSluice } from './support/programs.ts';
import { median, printMachine } from './support/report.ts';

const run = promisify(execFile);
const WRK = 'wrk';
const CONNECTIONS = 16;
const OBJECTS = 1000;
const body = 'x'.repeat(1024);
const headers = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0',
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  'x-amz-date': '20260101T000000Z',
};

/** One kind of request: how wrk makes the n-th of them, and how many times moto's rate is asked for. */
interface Work {
  readonly name: string;
  readonly method: string;
  /** An expression of Lua for the path; `n` counts. */
  readonly path: string;
  readonly atLeast: number;
  /** How many times as long a round is. @default 1 */
  readonly longer?: number;
}

const works: readonly Work[] = [
  { name: 'PUT of 1 KiB', method: 'PUT', path: '"/bucket/put/" .. n', atLeast: 10 },
  { name: 'GET of 1 KiB', method: 'GET', path: `"/bucket/list/" .. (n % ${OBJECTS})`, atLeast: 15 },
  {
    name: `ListObjectsV2 of ${OBJECTS}`,
    method: 'GET',
    path: '"/bucket?list-type=2&prefix=list%2F"',
    atLeast: 20,
    // Of moto, sixteen at once take five seconds.
    longer: 8,
  },
];

requireWrk();
await measure(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 3));

function requireWrk(): void {
  if (!spawnSync(WRK, ['-v']).error) return;
  console.error('wrk is missing: apt-get install wrk');
  process.exit(1);
}

async function measure(rounds: number, seconds: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const servers = [await startSluice(home), await startMoto([])] as const;
  try {
    printMachine();
    for (const { url } of servers) await fill(url);
    for (const work of works) await compare(work, servers, home, rounds, seconds);
  } finally {
    for (const server of servers) await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function fill(url: string): Promise<void> {
  await send(`${url}/bucket`);
  for (let index = 0; index < OBJECTS; index++) await send(`${url}/bucket/list/${index}`, body);
}

async function send(url: string, content?: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers,
    ...(content !== undefined && { body: content }),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

/** Both sides in turn; the first round warms both. */
async function compare(
  work: Work,
  [own, other]: readonly [MeasuredServer, MeasuredServer],
  home: string,
  rounds: number,
  seconds: number,
): Promise<void> {
  const script = join(home, 'request.lua');
  const rates: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    writeFileSync(script, lua(work, round));
    const long = round < 0 ? seconds : seconds * (work.longer ?? 1);
    const pair = [await rate(own, script, long), await rate(other, script, long)] as const;
    if (round >= 0) for (const side of [0, 1] as const) rates[side].push(pair[side]);
  }
  const [ours, theirs] = [median(rates[0]), median(rates[1])];
  const enough = ours / theirs >= work.atLeast;
  if (!enough) process.exitCode = 1;
  const peak = peakMemoryOf(readFileSync(`/proc/${own.child.pid}/status`, 'utf8')) / 2 ** 20;
  console.log(
    `${work.name}\n  sluice ${ours.toFixed(0)}/s, moto ${theirs.toFixed(1)}/s: ${(ours / theirs).toFixed(1)}× ` +
      `(at least ${work.atLeast}×) ${enough ? 'ok' : 'TOO SLOW'}; peak memory ${peak.toFixed(0)} MiB`,
  );
}

/** Requests a second, of which every one was answered with 200. */
async function rate(server: MeasuredServer, script: string, seconds: number): Promise<number> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, server.url];
  const { stdout } = await run(WRK, args);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${server.url}: ${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

/** No two rounds write the same keys. */
function lua({ method, path }: Work, round: number): string {
  const given = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`);
  const content = method === 'PUT' ? `wrk.body = "${body}"` : '';
  return [
    ...given,
    content,
    `local n = ${(round + 1) * 1_000_000}`,
    `function request() n = n + 1 return wrk.format("${method}", ${path}) end`,
  ].join('\n');
}
