// Registering a workflow of 100 nodes with FlyteAdmin over gRPC: how long from its graph to its launch plan, the code of its
// steps uploaded; and the very same again. FlyteAdmin is a stand-in on its own stubs, in this process: what it takes is in
// the time. Run: node bench/flyte-register.ts
import { cpus } from 'node:os';
import {
  contentVersion,
  planPackage,
  registerPackage,
  uploadBundles,
} from '../src/flyte/registration/index.ts';
import type { WorkflowGraph } from '../src/graph/index.ts';
import { trainingTask, uri, workflow } from '../src/sdk/index.ts';
import { openAdmin } from '../test/flyte/registration/open-admin.ts';
import { FakeFlyteAdmin } from '../test/harness/flyte-admin.ts';

const NODES = 100;
const ROUNDS = 5;
const LIMIT_MS = 2000;

/** Each node calls a task of its own: none is shared. */
function graphOf(round: number): WorkflowGraph {
  const digest = `sha256:${String(round).padStart(64, '0')}`;
  const { graph } = workflow(`pipeline-${round}`, { inputs: { raw: uri() } }, ({ raw }) => {
    let train: unknown = raw;
    for (let index = 0; index < NODES; index++) {
      const step = trainingTask(`step-${index}`, {
        image: 'registry/steps:1',
        instanceType: 'ml.m5.large',
        channels: ['train'],
        hyperparameters: { depth: index },
      });
      train = step({ train: train as never }).model;
    }
    return {};
  });
  const tasks = Object.entries(graph.tasks).map(([name, task]) => [
    name,
    { ...task, script: { entry: 'train.py', bundle: { digest } } },
  ]);
  return { ...graph, tasks: Object.fromEntries(tasks) };
}

const place = { project: 'flytesnacks', domain: 'development' };
const archive = new Uint8Array(1024 * 1024);

async function register(graph: WorkflowGraph): Promise<number> {
  const begun = performance.now();
  await using admin = await openAdmin(fake);
  const version = contentVersion({ graph });
  const uploaded = await uploadBundles(graph, {
    admin,
    place,
    archive: async () => archive,
    say: () => undefined,
  });
  await registerPackage(planPackage({ graph: uploaded, place, version }), { admin });
  return performance.now() - begun;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

await using fake = await FakeFlyteAdmin.start();
const first: number[] = [];
const again: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const graph = graphOf(round);
  first.push(await register(graph));
  again.push(await register(graph));
}
console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${ROUNDS} rounds`);
console.log(
  `register ${NODES} nodes: median ${median(first).toFixed(0)} ms, the first ${first[0]?.toFixed(0)} ms`,
);
console.log(`the very same again:  median ${median(again).toFixed(0)} ms`);
if (median(first) > LIMIT_MS) {
  console.error(`more than ${LIMIT_MS} ms`);
  process.exitCode = 1;
}
