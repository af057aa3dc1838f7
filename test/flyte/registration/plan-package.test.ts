import { describe, expect, test } from 'vitest';
import { contentVersion, planPackage } from '../../../src/flyte/registration/index.ts';
import { GRAPH_VERSION, parseGraph, type WorkflowGraph } from '../../../src/graph/index.ts';
import {
  batchTransformTask,
  float,
  integer,
  json,
  processingTask,
  string,
  task,
  trainingTask,
  uri,
  workflow,
} from '../../../src/sdk/index.ts';
import { fromStruct } from './support.ts';

const image = 'registry/steps:1';
const common = { image, instanceType: 'ml.m5.large' } as const;
const prepare = processingTask('prepare', {
  ...common,
  command: ['prepare'],
  inputs: ['raw'],
  outputs: ['train'],
});
const train = trainingTask('train', {
  ...common,
  channels: ['train'],
  retries: 2,
  timeoutSeconds: 90,
});
const place = { project: 'p', domain: 'd' };

const pipeline = workflow(
  'pipeline',
  {
    inputs: {
      raw: uri({ description: 'Rows.' }),
      depth: integer({ default: 5 }),
      rate: float({ required: false }),
    },
    failurePolicy: 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE',
  },
  ({ raw, depth, rate }) => {
    const prepared = prepare({ raw });
    const trained = train({ train: prepared.train, hyperparameters: { depth, rate, eta: 0.1 } });
    return { model: trained.model, both: [trained.model, prepared.train], depth, note: 'made' };
  },
).graph;

const plan = (graph: WorkflowGraph, more: object = {}) =>
  planPackage({ graph, place, version: 'v1', ...more });

describe('the tasks of a workflow', () => {
  const { tasks, workflow: spec } = plan(pipeline);
  const byName = new Map(tasks.map(({ template }) => [template.id.name, template]));

  test('are of the connector’s types, without resources, each by its workflow and its own name', () => {
    expect([...byName].map(([name, { type }]) => [name, type])).toEqual([
      ['pipeline.prepare', 'sluice_processing'],
      ['pipeline.train', 'sluice_training'],
      ['pipeline.outputs', 'sluice_pipeline'],
    ]);
    expect(JSON.stringify(tasks)).not.toContain('resources');
    expect(byName.get('pipeline.train')?.id).toEqual({
      resourceType: 'TASK',
      ...place,
      name: 'pipeline.train',
      version: 'v1',
    });
  });

  test('have an input for each reference, of the type of what it comes from', () => {
    expect(byName.get('pipeline.train')?.interface.inputs.variables).toEqual({
      train: { type: { simple: 'STRING' } },
      hyperparameters_depth: { type: { simple: 'INTEGER' } },
      hyperparameters_rate: {
        type: {
          unionType: {
            variants: [
              { simple: 'FLOAT', structure: { tag: 'float' } },
              { simple: 'NONE', structure: { tag: 'none' } },
            ],
          },
        },
      },
    });
  });

  test('carry a graph that can run, in which the references are put together', async () => {
    for (const { custom } of byName.values()) {
      const { graph } = fromStruct(custom) as { graph: WorkflowGraph };
      await expect(parseGraph(JSON.stringify(graph))).resolves.toBeDefined();
    }
    const { graph } = fromStruct(byName.get('pipeline.train')?.custom) as { graph: WorkflowGraph };
    expect(graph.nodes[0]?.inputs['hyperparameters']).toEqual({
      map: {
        depth: { input: 'hyperparameters_depth' },
        rate: { input: 'hyperparameters_rate' },
        eta: { literal: 0.1 },
      },
    });
    expect(graph.interface.inputs['hyperparameters_rate']).toEqual({ type: 'float', required: false });
  });

  test('leave retries and timeouts to Flyte, which reads a timeout from the node alone', () => {
    const { graph } = fromStruct(byName.get('pipeline.train')?.custom) as { graph: WorkflowGraph };
    expect(graph.tasks['train']).not.toMatchObject({ retries: expect.anything() });
    expect(graph.tasks['train']).not.toMatchObject({ timeoutSeconds: expect.anything() });
    expect(byName.get('pipeline.train')?.metadata.retries).toEqual({ retries: 2 });
    expect(spec.template.nodes.find(({ id }) => id === 'train')?.metadata).toEqual({
      name: 'train',
      retries: { retries: 2 },
      timeout: { seconds: '90', nanos: 0 },
    });
  });

  test('may miss the outputs that nothing is made of', () => {
    const { variables } = byName.get('pipeline.train')?.interface.outputs ?? {};
    expect(variables?.['model']?.type).toEqual({ simple: 'STRING' });
    expect(variables?.['metrics']?.type.unionType?.variants?.map(({ simple }) => simple)).toEqual([
      'STRUCT',
      'NONE',
    ]);
  });
});

describe('the workflow', () => {
  const { template } = plan(pipeline).workflow;

  test('has a node for each step and one for what is put together of several', () => {
    expect(template.nodes.map(({ id, upstreamNodeIds }) => [id, upstreamNodeIds])).toEqual([
      ['prepare', []],
      ['train', ['prepare']],
      ['outputs', ['train', 'prepare']],
    ]);
  });

  test('has the graph’s failure policy, inputs and outputs', () => {
    expect(template.metadata).toEqual({ onFailure: 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE' });
    expect(template.interface.inputs.variables['raw']).toEqual({
      type: { simple: 'STRING' },
      description: 'Rows.',
    });
    expect(template.outputs).toEqual([
      { var: 'model', binding: { promise: { nodeId: 'train', var: 'model' } } },
      { var: 'depth', binding: { promise: { nodeId: '', var: 'depth' } } },
      { var: 'note', binding: { scalar: { primitive: { stringValue: 'made' } } } },
      { var: 'both', binding: { promise: { nodeId: 'outputs', var: 'both' } } },
    ]);
  });

  test('of a loop shares one task among its nodes, whose literals lie in the nodes', () => {
    const many = workflow('many', { inputs: { raw: uri() } }, ({ raw }) => {
      for (const depth of [1, 2, 3])
        train({ train: raw, hyperparameters: { depth } }, { name: `train-${depth}` });
      return {};
    }).graph;
    const { tasks, workflow: spec } = plan(many);
    expect(tasks.map(({ template: each }) => each.id.name)).toEqual(['many.train']);
    expect(spec.template.nodes.map(({ id, inputs }) => [id, inputs[1]?.binding.scalar?.binary?.tag])).toEqual(
      [
        ['train-1', 'msgpack'],
        ['train-2', 'msgpack'],
        ['train-3', 'msgpack'],
      ],
    );
  });

  test('names a node otherwise where Flyte has its name, and every reference to it', () => {
    const odd = workflow('odd', { inputs: { raw: uri() } }, ({ raw }) => {
      const { train: made } = prepare({ raw }, { name: 'start-node' });
      return { model: train({ train: made }).model };
    }).graph;
    const { nodes } = plan(odd).workflow.template;
    expect(nodes.map(({ id }) => id)).toEqual(['start-node-2', 'train']);
    expect(nodes[1]?.inputs[0]?.binding.promise?.nodeId).toBe('start-node-2');
    expect(nodes[1]?.upstreamNodeIds).toEqual(['start-node-2']);
  });
});

test('a workflow as one task is a pipeline with its whole graph', () => {
  const { tasks, workflow: spec } = plan(pipeline, { pipeline: true });
  expect(tasks.map(({ template }) => [template.id.name, template.type])).toEqual([
    ['pipeline.pipeline', 'sluice_pipeline'],
  ]);
  const { graph } = fromStruct(tasks[0]?.template.custom) as { graph: WorkflowGraph };
  expect(graph.nodes).toEqual(pipeline.nodes);
  expect(graph.tasks['train']).toMatchObject({ retries: 2, timeoutSeconds: 90 });
  expect(spec.template.nodes).toHaveLength(1);
});

describe('a function', () => {
  const count = task('count', { inputs: { text: string() }, outputs: { length: integer() } }, ({ text }) => ({
    length: text.length,
  }));
  const graph = workflow('counting', { inputs: { text: string() } }, ({ text }) => ({
    length: count({ text }).length,
  })).graph;

  test('is a container of an image that is named, without resources', () => {
    const [first] = plan(graph, { image: 'node:1' }).tasks;
    expect(first?.template.type).toBe('container');
    expect(first?.template.custom).toBeUndefined();
    expect(first?.template.container).toMatchObject({
      image: 'node:1',
      args: ['sluice', 'flyte', 'execute', '--inputs', '{{.input}}', '--output-prefix', '{{.outputPrefix}}'],
    });
    expect(JSON.parse(first?.template.container?.env[0]?.value ?? '')).toMatchObject({
      version: GRAPH_VERSION,
      nodes: [{ task: 'count' }],
    });
  });

  test('without an image is refused, with both ways out', () => {
    expect(() => plan(graph)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: expect.stringContaining('(count)'),
        hint: expect.stringContaining('--pipeline'),
      }),
    );
    expect(plan(graph, { pipeline: true }).tasks).toHaveLength(1);
  });
});

describe('launch plans', () => {
  test('begin with the defaults of the workflow; what may be left out begins with none', () => {
    const [own] = plan(pipeline).launchPlans;
    expect(own?.id.name).toBe('pipeline');
    expect(own?.spec.defaultInputs.parameters).toMatchObject({
      raw: { required: true },
      depth: { default: { scalar: { primitive: { integer: '5' } } } },
      rate: { default: { scalar: { noneType: {} } } },
    });
  });

  test('of another name stand beside the workflow’s own, with fixed inputs and a schedule', () => {
    const schedule = { cronSchedule: { schedule: '0 3 * * *' } };
    const { launchPlans } = plan(pipeline, {
      launchPlan: { name: 'nightly', fixed: { raw: 's3://b/raw' }, defaults: { depth: 7 }, schedule },
    });
    expect(launchPlans.map(({ id }) => id.name)).toEqual(['pipeline', 'nightly']);
    expect(launchPlans[1]?.spec).toMatchObject({
      fixedInputs: { literals: { raw: { scalar: { primitive: { stringValue: 's3://b/raw' } } } } },
      entityMetadata: { schedule },
      defaultInputs: { parameters: { depth: { default: { scalar: { primitive: { integer: '7' } } } } } },
    });
    expect(launchPlans[1]?.spec.defaultInputs.parameters).not.toHaveProperty('raw');
  });

  test.each([
    [{ fixed: { row: 1 } }, "no input 'row'"],
    [{ schedule: { rate: { value: 1, unit: 'DAY' } } }, 'nothing gives a value to: raw'],
  ])('with %o are refused', (launchPlan, message) => {
    expect(() => plan(pipeline, { launchPlan })).toThrow(message);
  });
});

describe('the version that follows from the content', () => {
  const version = contentVersion({ graph: pipeline });

  test('is the same wherever the code was put, and whatever line a task stands on', () => {
    const moved = {
      ...pipeline,
      file: 'other.ts',
      tasks: Object.fromEntries(
        Object.entries(pipeline.tasks).map(([name, each]) => [name, { ...each, file: 'other.ts:1' }]),
      ),
    } as WorkflowGraph;
    expect(contentVersion({ graph: moved })).toBe(version);
    expect(version).toMatch(/^[0-9a-f]{20}$/);
  });

  test.each([
    [
      'a task',
      {
        graph: {
          ...pipeline,
          tasks: { ...pipeline.tasks, train: { ...pipeline.tasks['train'], retries: 3 } },
        } as WorkflowGraph,
      },
    ],
    ['a launch plan', { graph: pipeline, launchPlan: { defaults: { depth: 6 } } }],
    ['the form', { graph: pipeline, pipeline: true }],
  ])('is another one when %s changes', (_, options) => {
    expect(contentVersion(options)).not.toBe(version);
  });
});

test('batch transform, json outputs and descriptions come through', () => {
  const predict = batchTransformTask('predict', { ...common });
  const report = processingTask('report', {
    ...common,
    command: ['report'],
    inputs: ['predictions'],
    outputs: ['out'],
    propertyFiles: { metrics: json({ outputName: 'out', path: 'metrics.json' }) },
  });
  const graph = workflow(
    'scoring',
    { inputs: { model: uri(), input: uri() }, description: 'Scores rows.' },
    ({ model, input }) => ({
      metrics: report({ predictions: predict({ model, input }).output }).metrics,
    }),
  ).graph;
  const { tasks, workflow: spec } = plan(graph);
  expect(tasks.map(({ template }) => template.type)).toEqual(['sluice_batch_transform', 'sluice_processing']);
  expect(spec.description).toEqual({ shortDescription: 'Scores rows.' });
  expect(spec.template.interface.outputs.variables['metrics']?.type).toEqual({ simple: 'STRUCT' });
});
