import { describe, expect, it } from 'vitest';
import { checkGraph, findProblems, type GraphNode, type WorkflowGraph } from '../../src/graph/index.ts';
import { add, graphOf, train } from './graphs.ts';

const one: GraphNode = { id: 'one', task: 'add', inputs: { a: { literal: 1 } } };
const two: GraphNode = { id: 'two', task: 'add', inputs: { a: { node: 'one', output: 'sum' } } };
const training = (inputs: GraphNode['inputs']): GraphNode => ({ id: 'train', task: 'train', inputs });
const data = { literal: 's3://bucket/train' };

const cases: [title: string, graph: WorkflowGraph, expected: string][] = [
  [
    'an unknown task',
    graphOf([{ ...one, task: 'ad' }]),
    "Node 'one': there is no task 'ad'. Did you mean 'add'?",
  ],
  [
    'an unknown channel',
    graphOf([training({ train: data, validaton: data })]),
    "Task 'train' (/p/pipeline.ts:9): there is no channel 'validaton'.",
  ],
  [
    'a missing channel',
    graphOf([training({})]),
    "Task 'train' (/p/pipeline.ts:9): the channel 'train' is missing.",
  ],
  [
    'a missing input',
    graphOf([{ ...one, inputs: {} }]),
    "Task 'add', node 'one' (/p/pipeline.ts:3): the input 'a' is missing.",
  ],
  [
    'a literal of the wrong type',
    graphOf([{ ...one, inputs: { a: { literal: 'x' } } }]),
    "the input 'a': expected an integer, got 'x'.",
  ],
  [
    'an output of the wrong type',
    graphOf([training({ train: data }), { ...one, inputs: { a: { node: 'train', output: 'model' } } }]),
    "expected integer, got the output 'model' of node 'train', which is uri.",
  ],
  [
    'an unknown output',
    graphOf([one, { ...two, inputs: { a: { node: 'one', output: 'sun' } } }]),
    "node 'one' has no output 'sun'. Did you mean 'sum'?",
  ],
  [
    'an unknown workflow input',
    graphOf([{ ...one, inputs: { a: { input: 'm' } } }]),
    "the workflow has no input 'm'. Did you mean 'n'?",
  ],
  ['an unknown node', graphOf([two]), "there is no node 'one'."],
  [
    'an unknown node in after',
    graphOf([{ ...one, after: ['zero'] }]),
    "'after' names the unknown node 'zero'.",
  ],
  ['two nodes of one name', graphOf([one, one]), "Two nodes are called 'one' (/p/pipeline.ts:3)."],
  [
    'a cycle',
    graphOf([{ ...one, after: ['two'] }, two]),
    'These nodes wait for each other (/p/pipeline.ts:3): one → two → one.',
  ],
  ['a node that waits for itself', graphOf([{ ...one, after: ['one'] }]), 'one → one'],
  ['a bad node name', graphOf([{ ...one, id: 'a_b' }]), "Node 'a_b' (/p/pipeline.ts:3): its name: expected"],
  ['a bad workflow name', graphOf([], { name: '-x' }), "The workflow's name: expected"],
  [
    'a default of the wrong type',
    graphOf([], { interface: { inputs: { n: { type: 'integer', default: 1.5 } }, outputs: {} } }),
    "The workflow: the default of input 'n': expected an integer, got 1.5.",
  ],
  [
    'a workflow output without a value',
    graphOf([], { interface: { inputs: {}, outputs: { x: { type: 'json' } } } }),
    "The workflow's output 'x' has no value.",
  ],
  [
    'spot that waits less than it runs',
    graphOf([], {
      tasks: { train: { ...train, enableManagedSpotTraining: true, maxWaitTimeInSeconds: 1800 } },
    }),
    "Task 'train' (/p/pipeline.ts:9): MaxWaitTimeInSeconds: expected at least MaxRuntimeInSeconds (3600), got 1800.",
  ],
  [
    'Gzip without Pipe',
    graphOf([], { tasks: { train: { ...train, channels: { train: { compressionType: 'Gzip' } } } } }),
    "channel 'train': compressionType 'Gzip' needs inputMode 'Pipe'.",
  ],
  [
    'an unknown framework',
    graphOf([], { tasks: { train: { ...train, framework: 'pytorhc' } } }),
    "framework: there is no framework 'pytorhc'. Did you mean 'pytorch'? There are: scikit-learn, xgboost,",
  ],
  [
    'a version of no framework',
    graphOf([], { tasks: { train: { ...train, frameworkVersion: '1.0' } } }),
    "frameworkVersion: '1.0' is of no framework; name one.",
  ],
  [
    'a version that is none',
    graphOf([], { tasks: { train: { ...train, framework: 'xgboost', frameworkVersion: 'newest' } } }),
    "frameworkVersion: expected a version such as 3.0-5, got 'newest'.",
  ],
  [
    'an unknown distribution',
    graphOf([], { tasks: { train: { ...train, distribution: { mpii: { enabled: true } } } } }),
    "distribution: there is no 'mpii'. Did you mean 'mpi'?",
  ],
  [
    'an unknown setting of a distribution',
    graphOf([], { tasks: { train: { ...train, distribution: { mpi: { enabled: true, processes: 2 } } } } }),
    "distribution: mpi has no 'processes'.",
  ],
  [
    'a metric expression that does not compile',
    graphOf([], { tasks: { train: { ...train, metricDefinitions: [{ Name: 'loss', Regex: '(' }] } } }),
    "the Regex of 'loss' does not compile: '('.",
  ],
  [
    'an unknown instance type',
    graphOf([], { tasks: { train: { ...train, instanceType: 'ml.m5.xlarg' } } }),
    "instanceType: 'ml.m5.xlarg' is no instance type of SageMaker. Did you mean 'ml.m5.xlarge'?",
  ],
  [
    'nothing to run',
    graphOf([], { tasks: { train: { ...train, script: undefined as never } } }),
    'it has nothing to run',
  ],
  [
    'a task under another name',
    graphOf([], { tasks: { plus: add } }),
    "Task 'plus' (/p/pipeline.ts:3): it is called 'add' itself",
  ],
  [
    'too many metric definitions',
    graphOf([], {
      tasks: {
        train: { ...train, metricDefinitions: Array.from({ length: 41 }, () => ({ Name: 'a', Regex: 'b' })) },
      },
    }),
    'expected at most 40',
  ],
];

describe('checkGraph', () => {
  it('takes a graph that keeps the rules', () => {
    checkGraph(
      graphOf([
        one,
        two,
        training({ train: { input: 'data' }, hyperparameters: { map: { n: { input: 'n' } } } }),
      ]),
    );
  });

  it.each(cases)('refuses %s', (_title, graph, expected) => {
    expect(findProblems(graph).join('\n')).toContain(expected);
    expect(() => checkGraph(graph)).toThrow(expect.objectContaining({ code: 'GraphInvalid' }));
  });

  it('tells several problems together', () => {
    const graph = graphOf([
      { ...one, inputs: { c: { literal: 1 } } },
      { ...two, id: 'x_y' },
    ]);
    expect(findProblems(graph)).toHaveLength(3);
    expect(() => checkGraph(graph)).toThrow("Workflow 'flow' (/p/pipeline.ts) has 3 problems:");
  });

  it('does not mistake what objects inherit for inputs', () => {
    expect(
      findProblems(graphOf([{ ...one, inputs: { ...one.inputs, toString: { literal: 1 } } }])),
    ).toHaveLength(1);
  });
});

it('ends at the fortieth problem, so that a hostile graph of thousands takes no time', () => {
  const nodes = Array.from({ length: 20_000 }, (_, index) => ({
    ...one,
    id: `node-${index}`,
    after: [`a-node-that-is-nowhere-${index}`],
  }));
  expect(findProblems(graphOf(nodes))).toHaveLength(40);
});

it('shows both ends of a long cycle', () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => ({
    ...two,
    id: `n${index}`,
    inputs: { a: { node: `n${(index + 999) % 1000}`, output: 'sum' } },
  }));
  const [problem = ''] = findProblems(graphOf(nodes));
  expect(problem).toMatch(/: (n\d+) → n\d+ .* → … → .* → \1\.$/);
  expect(problem.length).toBeLessThan(300);
});
