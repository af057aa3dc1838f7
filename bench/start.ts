// How long `sluice` takes to start, against Node alone: `--version` ≤ 2.5 ×, `runs ls` with 10,000 runs ≤ 4 ×.
// Both sides alternate in one run, as compiled: `npm run build && node bench/start.ts`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedRuns } from './support/seed-runs.ts';

const rounds = Number(process.argv[2] ?? 25);
const runs = 10_000;
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

if (!existsSync(program)) throw new Error('dist is missing; run: npm run build');
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
try {
  await seedRuns(home, runs);
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${rounds} rounds\n`);
  compare('sluice --version', [program, '--version'], 2.5);
  compare(`sluice runs ls (${runs} runs)`, [program, 'runs', 'ls'], 4);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function compare(name: string, args: readonly string[], limit: number): void {
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    own.push(timeMs(args));
    bare.push(timeMs(['-e', '0']));
  }
  // The first two fill the compile cache and the page cache.
  const [ownMs, bareMs] = [median(own.slice(2)), median(bare.slice(2))];
  const ratio = ownMs / bareMs;
  console.log(
    `${name}: ${ownMs.toFixed(1)} ms, node -e 0: ${bareMs.toFixed(1)} ms, ratio ${ratio.toFixed(2)} (limit ${limit}) ${ratio <= limit ? 'ok' : 'TOO SLOW'}`,
  );
}

function timeMs(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, SLUICE_HOME: home },
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
