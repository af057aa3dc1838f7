/**
 * The engine: durable no-op function tasks, in a chain, a fan-out and diamonds.
 *
 * Targets: at least 5,000 nodes a second at 10,000 nodes, and the time per node at 100,000 within 1.3 times that at
 * 1,000. The bare loop calls the same functions in the same order and keeps nothing; it is for information.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { homePaths } from '../src/core/home.ts';
import { createEngine } from '../src/engine/index.ts';
import { integer, task, type Workflow, workflow } from '../src/sdk/index.ts';
import { openDatabase } from '../src/state/index.ts';

const noop = task(
  'noop',
  { inputs: { a: integer({ default: 0 }), b: integer({ default: 0 }) }, outputs: { value: integer() } },
  () => ({
    value: 1,
  }),
);

const shapes: Record<string, (count: number) => Workflow> = {
  chain: (count) =>
    workflow('chain', {}, () => {
      let last = noop({}, { name: 'n0' });
      for (let index = 1; index < count; index++) last = noop({ a: last.value }, { name: `n${index}` });
    }),
  'fan-out': (count) =>
    workflow('fan-out', {}, () => {
      const first = noop({}, { name: 'n0' });
      for (let index = 1; index < count; index++) noop({ a: first.value }, { name: `n${index}` });
    }),
  // One on top, two in the middle, one below, again and again.
  diamond: (count) =>
    workflow('diamond', {}, () => {
      let top = noop({}, { name: 'n0' });
      for (let index = 1; index + 2 < count; index += 3) {
        const left = noop({ a: top.value }, { name: `n${index}` });
        const right = noop({ a: top.value }, { name: `n${index + 1}` });
        top = noop({ a: left.value, b: right.value }, { name: `n${index + 2}` });
      }
    }),
};

interface Measured {
  readonly nodes: number;
  readonly engineMs: number;
  readonly bareMs: number;
}

async function measure(flow: Workflow): Promise<Measured> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const state = await openDatabase(homePaths(home));
  try {
    const began = performance.now();
    const run = await createEngine({ state, platforms: {} }).run(flow);
    const { phase } = await run.done;
    const engineMs = performance.now() - began;
    if (phase !== 'Succeeded') throw new Error(`The run ended as ${phase}.`);
    return { nodes: flow.graph.nodes.length, engineMs, bareMs: await measureBare(flow) };
  } finally {
    await state.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measureBare({ graph, functions }: Workflow): Promise<number> {
  const began = performance.now();
  for (const node of graph.nodes) await functions[node.task]?.({} as never, {} as never);
  return performance.now() - began;
}

const sizes = process.argv
  .slice(2)
  .map(Number)
  .filter((size) => size > 0);
const counts = sizes.length > 0 ? sizes : [1000, 10_000, 100_000];
const table = new Table({
  head: ['shape', 'nodes', 'engine', 'nodes/s', 'µs/node', 'bare loop', 'against 1,000'],
  style: { head: [], border: [] },
});
let missed = 0;
for (const [name, shape] of Object.entries(shapes)) {
  await measure(shape(1000));
  let base: number | undefined;
  for (const count of counts) {
    // Small runs are over quickly and vary: the median of several.
    const repeats = count <= 1000 ? 9 : count <= 10_000 ? 3 : 1;
    const measured: Measured[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) measured.push(await measure(shape(count)));
    const median = measured.sort((a, b) => a.engineMs - b.engineMs)[Math.floor(repeats / 2)];
    const { nodes, engineMs, bareMs } = median as Measured;
    const perNode = (engineMs * 1000) / nodes;
    base ??= perNode;
    const rate = (nodes / engineMs) * 1000;
    const ratio = perNode / base;
    if ((count === 10_000 && rate < 5000) || (count === 100_000 && ratio > 1.3)) missed++;
    table.push([
      name,
      nodes.toLocaleString('en'),
      `${engineMs.toFixed(0)} ms`,
      Math.round(rate).toLocaleString('en'),
      perNode.toFixed(1),
      `${bareMs.toFixed(1)} ms`,
      `${ratio.toFixed(2)}×`,
    ]);
  }
}
console.log(table.toString());
console.log(
  `Targets: ≥ 5,000 nodes/s at 10,000; ≤ 1.3× at 100,000. ${missed === 0 ? 'Met.' : `Missed: ${missed}.`}`,
);
process.exitCode = missed === 0 ? 0 : 1;
