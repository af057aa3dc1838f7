/**
 * Planning: 10,000 tasks, each of its own, on six platforms: by flowchart, by cost, and with a deadline.
 *
 *   node bench/plan.ts
 */
import { cpus, loadavg } from 'node:os';
import type { JobTask, WorkflowGraph } from '../src/graph/index.ts';
import { trainingTask, workflow } from '../src/index.ts';
import { builtInPrices } from '../src/platforms/prices/index.ts';
import { compileRules, PLATFORM_NAMES, packPlan, planGraph } from '../src/platforms/router/index.ts';

const TASKS = 10_000;
const ROUNDS = 5;
const LIMIT_MS = 1000;

const one = trainingTask('train', { image: 'x/y:1', instanceType: 'ml.m5.xlarge' });
const { graph: small } = workflow('one', {}, () => void one({}));
const template = small.tasks['train'] as JobTask;

/** No two tasks are alike. */
function manyTasks(): WorkflowGraph {
  const names = Array.from({ length: TASKS }, (_, index) => `t${index}`);
  const tasks = names.map((name, index): [string, JobTask] => [
    name,
    {
      ...template,
      name,
      instanceType: index % 3 === 0 ? 'ml.g5.xlarge' : 'ml.m5.xlarge',
      expectedDurationInSeconds: 60 + index * 10,
      dataSizeInBytes: index * 1e6,
      deadlineInSeconds: 400_000,
      spot: index % 2 === 0,
    },
  ]);
  const nodes = names.map((name) => ({ id: name, task: name, inputs: {} }));
  return { ...small, tasks: Object.fromEntries(tasks), nodes };
}

const graph = manyTasks();
console.log(
  `${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}\n`,
);
console.log(
  `${TASKS} tasks × ${PLATFORM_NAMES.length} platforms; medians of ${ROUNDS} rounds, at most ${LIMIT_MS} ms`,
);
for (const policy of ['flowchart', 'cost', 'deadline'] as const) {
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    const began = performance.now();
    const plan = planGraph({
      graph,
      rules: compileRules(),
      router: { policy },
      enabled: PLATFORM_NAMES,
      settings: {},
      prices: builtInPrices,
      machine: { vcpus: 8, memoryGiB: 32, gpus: 0 },
    });
    const planned = performance.now();
    const { user, system } = process.cpuUsage(before);
    packPlan(plan);
    return { planMs: planned - began, packMs: performance.now() - planned, cpuMs: (user + system) / 1000 };
  });
  const median = (values: number[]): string =>
    (values.sort((a, b) => a - b)[ROUNDS >> 1] as number).toFixed(0);
  const cpu = median(times.map(({ cpuMs }) => cpuMs));
  const plan = median(times.map(({ planMs }) => planMs));
  console.log(
    `  ${policy.padEnd(10)} ${plan.padStart(5)} ms (${cpu} ms of processor time)   to JSON ${median(times.map(({ packMs }) => packMs))} ms`,
  );
}
