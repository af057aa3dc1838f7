import type { FunctionTask, GraphNode, TrainingTask, WorkflowGraph } from '../../src/graph/index.ts';

/** A function task with one input and one output, both integers. */
export const add: FunctionTask = {
  type: 'function',
  name: 'add',
  file: '/p/pipeline.ts:3',
  interface: {
    inputs: { a: { type: 'integer' }, b: { type: 'integer', default: 0 } },
    outputs: { sum: { type: 'integer' } },
  },
};

/** A training task with one channel. */
export const train: TrainingTask = {
  type: 'training',
  name: 'train',
  file: '/p/pipeline.ts:9',
  interface: {
    inputs: { train: { type: 'uri' }, hyperparameters: { type: 'json', required: false } },
    outputs: { model: { type: 'uri' }, output: { type: 'uri' }, metrics: { type: 'json' } },
  },
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  volumeSizeInGB: 30,
  script: { entry: 'train.ts', directory: '/p', whole: false },
  environment: {},
  maxRuntimeInSeconds: 3600,
  channels: { train: {} },
  hyperparameters: {},
  metricDefinitions: [],
  enableManagedSpotTraining: false,
};

/** {@link train} as a portable graph has it. */
export const bundled: TrainingTask = {
  ...train,
  file: 'pipeline.ts:9',
  script: { entry: 'train.ts', bundle: { digest: `sha256:${'0a'.repeat(32)}` } },
};

/** A graph of some nodes over {@link add} and {@link train}. */
export function graphOf(nodes: readonly GraphNode[], changes: Partial<WorkflowGraph> = {}): WorkflowGraph {
  return {
    version: 2,
    name: 'flow',
    file: '/p/pipeline.ts',
    interface: {
      inputs: { n: { type: 'integer', default: 1 }, data: { type: 'uri', required: false } },
      outputs: {},
    },
    outputs: {},
    tasks: { add, train },
    nodes,
    ...changes,
  };
}
