/**
 * Resuming a run of which 100,000 nodes have succeeded: until the first function that is left is called. In SQLite, and
 * in PostgreSQL over a local socket. `node bench/resume.ts [nodes]`. Limit: 1 s.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../scripts/support/postgres.mjs';
import { homePaths } from '../src/core/home.ts';
import { createEngine } from '../src/engine/index.ts';
import { integer, task, workflow } from '../src/sdk/index.ts';
import { openDatabase } from '../src/state/index.ts';
import { median, printMachine } from './support/report.ts';

const LIMIT_MS = 1000;
const NODES = Number(process.argv[2] ?? 100_000);
const REPEATS = 5;

/** When the last node was called; it fails until the last resume. */
let called = 0;
let fails = true;
const output = { outputs: { value: integer() } };
const noop = task('noop', output, () => ({ value: 1 }));
const last = task('last', { inputs: { a: integer() }, ...output }, () => {
  called = performance.now();
  if (fails) throw new Error('Not yet.');
  return { value: 1 };
});
const wide = workflow('wide', {}, () => {
  const first = noop({}, { name: 'n0' });
  for (let index = 1; index < NODES; index++) noop({}, { name: `n${index}` });
  last({ a: first.value }, { name: 'last' });
});

printMachine();
await measure('SQLite');
const server = await startPostgres();
try {
  await measure('PostgreSQL', `${server.url}/postgres`);
} finally {
  await server.stop();
}

async function measure(name: string, url?: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const { graph, functions } = wide;
  fails = true;
  const state = await openDatabase(homePaths(home), url === undefined ? {} : { url });
  try {
    const engine = createEngine({ state, platforms: {} });
    const run = await engine.run({ graph, functions, failurePolicy: 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE' });
    await run.done;
    const times: number[] = [];
    for (let repeat = 1; repeat <= REPEATS; repeat++) {
      fails = repeat < REPEATS;
      const began = performance.now();
      const { phase } = await (await engine.resume(run.id, { functions })).done;
      if (phase !== (fails ? 'Failed' : 'Succeeded')) throw new Error(`The run ended as ${phase}.`);
      times.push(called - began);
    }
    const ms = median(times);
    console.log(
      `${name}: ${NODES} nodes done, ready in ${ms.toFixed(0)} ms (limit ${LIMIT_MS} ms) ${ms <= LIMIT_MS ? 'ok' : 'TOO SLOW'}`,
    );
  } finally {
    await state.close();
    rmSync(home, { recursive: true, force: true });
  }
}
