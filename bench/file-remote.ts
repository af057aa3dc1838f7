// File mode from a distant S3 (20 ms for each request), against s5cmd, `aws s3 cp` and boto3 one by one:
// `npm run build && node bench/file-remote.ts [rounds [large MiB [small objects]]]`. The programs
// are those of the tests, installed at the first use.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonClients } from '../test/harness/s3-clients.ts';
import './support/compiled.mjs';
import { startDelayProxy } from './support/delay-server.ts';
import { makeFiles } from './support/make-files.ts';
import { peakMemoryOf } from './support/peak-memory.ts';
import { startSluice } from './support/programs.ts';
import { printMachine, report } from './support/report.ts';

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 3);
const largeMiB = Number(process.argv[3] ?? 4096);
const small = Number(process.argv[4] ?? 20_000);
/** So many of the small objects boto3 brings; the rest is reckoned from them. */
const sample = Math.min(500, small);
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const downloadScript = fileURLToPath(new URL('./support/download.mjs', import.meta.url));
const oneByOneScript = fileURLToPath(new URL('./support/one-by-one.py', import.meta.url));

const programs = await pythonClients('aws');
printMachine();
makeFiles({ directory: join(home, 's3', 'small'), count: small, bytesEach: 10 * 1024 });
makeFiles({ directory: join(home, 's3', 'large'), count: 1, bytesEach: largeMiB * 2 ** 20 });
const server = await startSluice(home);
const proxy = await startDelayProxy(server.url, 20);
const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  BENCH_ENDPOINT: proxy.url,
};
try {
  await compare(`File, remote, ${small} objects of 10 KiB`, 'small', [
    { other: 's5cmd', atLeast: 1, measure: () => time((into) => s5cmd('small', into)) },
    { other: 'boto3 one by one', atLeast: 30, measure: boto3 },
  ]);
  await compare(`File, remote, one object of ${largeMiB} MiB`, 'large', [
    { other: 's5cmd', atLeast: 1, measure: () => time((into) => s5cmd('large', into)) },
    { other: 'aws s3 cp', atLeast: 2, measure: () => time((into) => awsCli('large', into)) },
  ]);
} finally {
  await proxy.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

/** Another way of doing the same. */
interface Side {
  readonly other: string;
  readonly atLeast: number;
  /** Milliseconds for the whole. */
  measure(): Promise<number>;
}

async function compare(work: string, bucket: string, sides: readonly Side[]): Promise<void> {
  const ownMs: number[] = [];
  const othersMs = sides.map((): number[] => []);
  let peakBytes = 0;
  const measureOwn = () =>
    time(async (into) => {
      const args = [downloadScript, proxy.url, bucket, into];
      const { stdout } = await run(process.execPath, args, { env: environment });
      peakBytes = Math.max(peakBytes, peakMemoryOf(stdout));
    });
  // Warms the server's code and the page cache, for whoever comes first.
  await measureOwn();
  for (let round = 0; round < rounds; round++) {
    ownMs.push(await measureOwn());
    for (const [index, side] of sides.entries()) othersMs[index]?.push(await side.measure());
  }
  for (const [index, { other, atLeast }] of sides.entries())
    report({ work, ownMs, otherMs: othersMs[index] ?? [], other, atLeast, peakBytes });
}

function s5cmd(bucket: string, into: string): Promise<unknown> {
  const copy = ['--endpoint-url', proxy.url, '--log', 'error', 'cp', `s3://${bucket}/*`, `${into}/`];
  return run(join(programs, 's5cmd'), copy, { env: environment });
}

function awsCli(bucket: string, into: string): Promise<unknown> {
  const copy = ['s3', 'cp', '--recursive', '--only-show-errors', `s3://${bucket}/`, into];
  return run(join(programs, 'aws'), ['--endpoint-url', proxy.url, ...copy], { env: environment });
}

async function boto3(): Promise<number> {
  let seconds = 0;
  await time(async (into) => {
    const args = [oneByOneScript, 'small', into, String(sample)];
    const { stdout } = await run(join(programs, 'python'), args, { env: environment });
    seconds = Number(stdout);
  });
  return ((seconds * small) / sample) * 1000;
}

/** Milliseconds. */
async function time(download: (into: string) => Promise<unknown>): Promise<number> {
  const into = join(home, 'into');
  mkdirSync(into);
  const started = performance.now();
  await download(into);
  const ms = performance.now() - started;
  rmSync(into, { recursive: true });
  return ms;
}
