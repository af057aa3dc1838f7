/**
 * The demo through the platform `sagemaker`, at a `sluice serve` of another home, against the same on this machine's own
 * platform; both in turn, with the same executor. `npm run build && node bench/sagemaker-demo.ts [ROUNDS]`. Claim: at most
 * 1.3 times as long, and one polling interval for each step.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sluice } from '../test/harness/sluice.ts';
import { startServe } from '../test/harness/sluice-serve.ts';
import { median, printMachine } from './support/report.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const RATIO = 1.3;
/** Between two questions for a job that has just begun. Milliseconds. */
const INTERVAL_MS = 1000;
const pipeline = join(import.meta.dirname, '../examples/diagnosis/pipeline.ts');

printMachine();
const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-demo-'));
const serve = await startServe(join(directory, 'server'), ['--executor', 'process']);
const times: Record<string, number[]> = { local: [], sagemaker: [] };
let steps = 0;
try {
  await mkdir(join(directory, 'home'));
  const configuration = { platforms: { sagemaker: { endpoint: serve.url } } };
  await writeFile(join(directory, 'home/config.yaml'), JSON.stringify(configuration));
  for (let round = 0; round < ROUNDS; round++)
    for (const platform of ['local', 'sagemaker']) times[platform]?.push(await run(platform));
} finally {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
}
const [local, remote] = [median(times['local'] ?? []), median(times['sagemaker'] ?? [])];
const limit = RATIO * local + steps * INTERVAL_MS;
if (remote > limit) process.exitCode = 1;
console.log(
  `local ${(local / 1000).toFixed(2)} s, sagemaker ${(remote / 1000).toFixed(2)} s (${(remote / local).toFixed(2)}x); ` +
    `limit ${(limit / 1000).toFixed(2)} s: ${RATIO}x and ${INTERVAL_MS} ms for each of ${steps} steps ${remote <= limit ? 'ok' : 'TOO SLOW'}`,
);

/** Milliseconds of one run. */
async function run(platform: string): Promise<number> {
  const args = ['run', pipeline, '--executor', 'process', '--platform', platform, '--json'];
  const environment = { AWS_EC2_METADATA_DISABLED: 'true' };
  const begun = performance.now();
  const { stdout, stderr, code } = await sluice(args, {
    home: join(directory, 'home'),
    cwd: directory,
    environment,
  });
  const took = performance.now() - begun;
  if (code !== 0) throw new Error(stderr);
  const { nodes } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as { nodes: unknown[] };
  steps = nodes.length;
  return took;
}
