/** Runs a wide graph of functions that do nothing. Arguments: the URL, nodes. Prints what it took, as JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homePaths } from '../../src/core/home.ts';
import { createEngine } from '../../src/engine/index.ts';
import { integer, task, workflow } from '../../src/sdk/index.ts';
import { openDatabase } from '../../src/state/index.ts';

const [url = '', nodes = '0'] = process.argv.slice(2);
const noop = task('noop', { inputs: { a: integer({ default: 0 }) }, outputs: { value: integer() } }, () => ({
  value: 1,
}));
const wide = (count: number) =>
  workflow('fan-out', {}, () => {
    const first = noop({}, { name: 'n0' });
    for (let index = 1; index < count; index++) noop({ a: first.value }, { name: `n${index}` });
  });
const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const state = await openDatabase(homePaths(home), { url });
try {
  const engine = createEngine({ state, platforms: {} });
  // What is compiled once is not measured.
  await (await engine.run(wide(1000))).done;
  process.stdout.write('ready\n');
  // All begin at once.
  await new Promise((begin) => process.stdin.once('data', begin));
  process.stdin.destroy();
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const { phase } = await (await engine.run(wide(Number(nodes)))).done;
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(JSON.stringify({ phase, wallMs: performance.now() - began, cpuMs: (user + system) / 1000 }));
} finally {
  await state.close();
  rmSync(home, { recursive: true, force: true });
}
