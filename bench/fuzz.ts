/**
 * Mutated requests for every operation of every service of `sluice serve`: none may be answered 500, and none may hang.
 *
 *   node bench/fuzz.ts [count] [seed]     (default: 100000 20261127)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareFuzz, runFuzz } from '../test/server/fuzz/run-fuzz.ts';
import { startSluice } from './support/programs.ts';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 20_261_127);
const home = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
const server = await startSluice(home, ['--executor', 'simulate']);
try {
  const started = performance.now();
  await prepareFuzz(new URL(server.url));
  const findings = await runFuzz({ url: new URL(server.url), seed, count, atOnce: 16, effects: true });
  for (const { from, request, status, text } of findings.slice(0, 50)) {
    console.log(`${status} ${from}\n  ${request.method} ${request.path.slice(0, 300)}`);
    console.log(`  ${JSON.stringify(request.headers).slice(0, 600)}`);
    console.log(`  ${request.body.toString('latin1').slice(0, 600)}\n  ${text.slice(0, 400)}`);
  }
  const alive = server.child.exitCode === null && server.child.signalCode === null;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${count} requests in ${seconds.toFixed(0)} s: ${findings.length} defects (limit 0), ${server.memory().toFixed(0)} MiB, server ${alive ? 'alive' : 'DEAD'}`,
  );
  if (findings.length > 0 || !alive) process.exitCode = 1;
} finally {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
}
