import { describe, expect, it } from 'vitest';
import {
  batchTransformTask,
  integer,
  isWorkflow,
  json,
  processingTask,
  string,
  task,
  trainingTask,
  uri,
  workflow,
} from '../../src/index.ts';

const here = import.meta.dirname;

const count = task('count', { inputs: { data: uri() }, outputs: { rows: integer() } }, () => ({ rows: 1 }));
const double = task('double', { inputs: { n: integer() }, outputs: { n: integer() } }, ({ n }) => ({
  n: n * 2,
}));
const show = task('show', { inputs: { value: json() } }, () => undefined);

describe('workflow', () => {
  it('builds a frozen graph of what its function calls', () => {
    const flow = workflow('flow', { inputs: { data: uri({ default: './data' }) } }, (inputs) => {
      const counted = count({ data: inputs.data });
      const twice = double({ n: counted.rows });
      show({ value: { list: [twice.n, 1], fixed: 'x' } }, { name: 'last', after: [counted] });
      return { rows: counted.rows, four: 4 };
    });
    expect(flow.graph.nodes).toEqual([
      { id: 'count', task: 'count', inputs: { data: { input: 'data' } } },
      { id: 'double', task: 'double', inputs: { n: { node: 'count', output: 'rows' } } },
      {
        id: 'last',
        task: 'show',
        inputs: {
          value: {
            map: {
              list: { list: [{ node: 'double', output: 'n' }, { literal: 1 }] },
              fixed: { literal: 'x' },
            },
          },
        },
        after: ['count'],
      },
    ]);
    expect(flow.graph.interface).toEqual({
      inputs: { data: { type: 'uri', default: `file://${here}/data` } },
      outputs: { rows: { type: 'integer' }, four: { type: 'integer' } },
    });
    expect(flow.graph.file).toBe(import.meta.filename);
    expect(Object.isFrozen(flow.graph.nodes[0])).toBe(true);
    expect(Object.keys(flow.functions)).toEqual(['count', 'double', 'show']);
    expect(JSON.parse(JSON.stringify(flow.graph))).toEqual(flow.graph);
    expect(isWorkflow(flow)).toBe(true);
  });

  it('makes paths given to a call absolute, and leaves URIs as they are', () => {
    const flow = workflow('flow', {}, () => {
      count({ data: '../data/' });
      count({ data: 's3://bucket/x' }, { name: 'remote' });
    });
    const uris = flow.graph.nodes.map((node) => node.inputs['data']);
    expect(uris).toEqual([
      { literal: `file://${here.replace(/\/sdk$/, '')}/data/` },
      { literal: 's3://bucket/x' },
    ]);
  });

  const place = new RegExp(`${import.meta.filename.replaceAll('.', String.raw`\.`)}:\\d+`);
  const faults: [title: string, make: () => unknown, expected: string | RegExp][] = [
    ['a task outside a workflow', () => double({ n: 1 }), "Task 'double'"],
    [
      'two nodes of one name',
      () => workflow('f', {}, () => void [double({ n: 1 }), double({ n: 2 })]),
      "called 'double'",
    ],
    ['an unknown input', () => workflow('f', {}, () => void double({ n: 1, m: 2 } as never)), "no input 'm'"],
    ['a missing input', () => workflow('f', {}, () => void double({} as never)), "'n' is missing"],
    [
      'an undefined input',
      () => workflow('f', {}, () => void double({ n: undefined as never })),
      "'n' is undefined",
    ],
    [
      'a wrong type',
      () => workflow('f', {}, () => void double({ n: 'x' as never })),
      "expected an integer, got 'x'",
    ],
  ];
  it.each(faults)('refuses %s, naming the task and its file', (_title, make, expected) => {
    expect(make).toThrow(expected);
    expect(make).toThrow(place);
    expect(make).toThrow(expect.objectContaining({ code: 'GraphInvalid' }));
  });

  it('refuses a workflow without options, and says where its function goes', () => {
    expect(() => workflow('f', (() => undefined) as never, undefined as never)).toThrow(
      expect.objectContaining({
        code: 'GraphInvalid',
        message: `Workflow 'f' (${import.meta.filename}): the function that calls its tasks is missing.`,
        hint: "It comes third, after the options: workflow('f', {}, () => { … }).",
      }),
    );
  });

  it.each<[title: string, make: () => unknown, expected: string]>([
    [
      'two tasks of one name',
      () => {
        const other = task('double', {}, () => undefined);
        return workflow('f', {}, () => void [double({ n: 1 }), other({}, { name: 'b' })]);
      },
      "two tasks are called 'double'",
    ],
    [
      'the whole result of a call as a value',
      () => workflow('f', {}, () => ({ x: { y: double({ n: 1 }) } as never })),
      "the whole result of node 'double'",
    ],
    ['an async function', () => workflow('f', {}, (async () => undefined) as never), 'its function is async'],
    [
      'a workflow in a workflow',
      () => workflow('f', {}, () => void workflow('g', {}, () => {})),
      "'g' is defined inside",
    ],
    [
      'a reference in a template',
      () => workflow('f', { inputs: { n: string() } }, ({ n }) => ({ x: `${n as never}` })),
      'has no value while the graph is built',
    ],
    [
      'a value of another workflow',
      () => {
        let stolen: never;
        workflow('f', { inputs: { n: integer() } }, ({ n }) => void (stolen = n as never));
        return workflow('g', {}, () => void double({ n: stolen }));
      },
      'a value of another workflow',
    ],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(expected);
  });

  it('can be built again after one that failed', () => {
    expect(() => workflow('f', {}, () => void double({} as never))).toThrow('missing');
    expect(workflow('f', {}, () => void double({ n: 1 })).graph.nodes).toHaveLength(1);
  });
});

describe('job tasks', () => {
  it('keep what SageMaker needs, with its defaults', () => {
    const train = trainingTask('train', {
      sourceDir: './steps',
      script: 'train.ts',
      instanceType: 'ml.m5.xlarge',
      channels: ['train'],
      metricDefinitions: { loss: 'loss: (.*)' },
      useSpotInstances: true,
      maxRuntimeInSeconds: 60,
      framework: 'pytorch',
      frameworkVersion: '2.5',
    });
    expect(train.task).toMatchObject({
      type: 'training',
      file: expect.stringMatching(/workflow\.test\.ts:\d+$/) as string,
      script: { entry: 'train.ts', directory: `${here}/steps`, whole: true },
      instanceCount: 1,
      volumeSizeInGB: 30,
      metricDefinitions: [{ Name: 'loss', Regex: 'loss: (.*)' }],
      enableManagedSpotTraining: true,
      maxRuntimeInSeconds: 60,
      maxWaitTimeInSeconds: 60,
      framework: 'pytorch',
      frameworkVersion: '2.5',
      interface: { inputs: { train: { type: 'uri' }, hyperparameters: { type: 'json', required: false } } },
    });
  });

  it('send a script alone where there is no sourceDir', () => {
    const { task: one } = processingTask('one', { script: './steps/a.ts', instanceType: 'ml.m5.large' });
    expect(one).toMatchObject({ script: { entry: 'a.ts', directory: `${here}/steps`, whole: false } });
  });

  it('take every form of a channel', () => {
    const train = trainingTask('train', {
      image: 'x/y:1',
      instanceType: 'ml.m5.xlarge',
      channels: {
        plain: { inputMode: 'Pipe' },
        place: 's3://bucket/train/',
        local: './data',
        flat: {
          ContentType: 'text/csv',
          CompressionType: 'None',
          S3DataType: 'S3Prefix',
          S3Uri: 's3://bucket/flat',
        },
        nested: {
          InputMode: 'Pipe',
          ShuffleConfig: { Seed: 3 },
          DataSource: { S3DataSource: { S3DataType: 'ManifestFile', S3Uri: 's3://bucket/manifest' } },
        },
      },
    });
    const flow = workflow('flow', {}, () => void train({ plain: 's3://bucket/plain' }));
    expect(flow.graph.tasks['train']).toMatchObject({
      channels: {
        plain: { inputMode: 'Pipe' },
        place: {},
        local: {},
        flat: { contentType: 'text/csv', compressionType: 'None', s3DataType: 'S3Prefix' },
        nested: { inputMode: 'Pipe', shuffleSeed: 3, s3DataType: 'ManifestFile' },
      },
      interface: {
        inputs: {
          plain: { type: 'uri' },
          place: { type: 'uri', default: 's3://bucket/train/' },
          local: { type: 'uri', default: `file://${here}/data` },
          flat: { default: 's3://bucket/flat' },
          nested: { default: 's3://bucket/manifest' },
        },
      },
    });
  });

  it('give processing inputs and outputs their places, and property files their types', () => {
    const evaluate = processingTask('evaluate', {
      script: 'evaluate.ts',
      instanceType: 'ml.m5.large',
      inputs: { data: 's3://bucket/data', config: { localPath: '/opt/ml/processing/config' } },
      outputs: ['report'],
      propertyFiles: { metrics: json<{ accuracy: number }>({ outputName: 'report', path: 'metrics.json' }) },
    });
    expect(evaluate.task).toMatchObject({
      inputs: {
        data: { localPath: '/opt/ml/processing/input/data', inputMode: 'File' },
        config: { localPath: '/opt/ml/processing/config', inputMode: 'File' },
      },
      outputs: { report: { localPath: '/opt/ml/processing/output/report', uploadMode: 'EndOfJob' } },
      propertyFiles: { metrics: { outputName: 'report', path: 'metrics.json' } },
      interface: { outputs: { report: { type: 'uri' }, metrics: { type: 'json' } } },
    });
  });

  it('take places for their outputs, and for what is transformed', () => {
    const common = { image: 'x/y:1', instanceType: 'ml.m5.large' };
    const split = processingTask('split', {
      ...common,
      outputs: {
        processed: 's3://bucket/processed/',
        metrics: { S3Uri: './metrics', LocalPath: '/opt/ml/processing/metrics', S3UploadMode: 'Continuous' },
        own: {},
      },
    });
    expect(split.task).toMatchObject({
      outputs: {
        processed: { localPath: '/opt/ml/processing/output/processed', s3Uri: 's3://bucket/processed/' },
        metrics: {
          localPath: '/opt/ml/processing/metrics',
          uploadMode: 'Continuous',
          s3Uri: `file://${here}/metrics`,
        },
        own: { localPath: '/opt/ml/processing/output/own', uploadMode: 'EndOfJob' },
      },
    });
    const train = trainingTask('train', { ...common, outputLocation: 's3://bucket/models/' });
    expect(train.task).toMatchObject({ s3OutputPath: 's3://bucket/models' });
    const predict = batchTransformTask('predict', {
      instanceType: 'ml.m5.large',
      modelName: 'my-trained-model',
      inputLocation: 's3://bucket/batch-input/',
      outputLocation: 's3://bucket/batch-output/',
    });
    const flow = workflow('flow', {}, () => ({ predictions: predict({}).output }));
    expect(flow.graph.tasks['predict']).toMatchObject({
      interface: { inputs: { input: { type: 'uri', default: 's3://bucket/batch-input/' } } },
      s3OutputPath: 's3://bucket/batch-output/',
    });
  });

  it('say when spot waits less than it runs', () => {
    const train = trainingTask('train', {
      image: 'x/y:1',
      instanceType: 'ml.m5.xlarge',
      useSpotInstances: true,
      maxRuntimeInSeconds: 3600,
      maxWaitTimeInSeconds: 1800,
    });
    expect(() => workflow('f', {}, () => void train({}))).toThrow(
      'MaxWaitTimeInSeconds: expected at least MaxRuntimeInSeconds (3600), got 1800.',
    );
  });

  it('transform with an existing model, or one that is given', () => {
    const options = { instanceType: 'ml.m5.large', script: 'inference.ts' };
    const named = batchTransformTask('named', { ...options, modelName: 'my-model' });
    const given = batchTransformTask('given', options);
    const flow = workflow('flow', {}, () => {
      named({ input: 's3://b/in' });
      given({ input: 's3://b/in', model: 's3://b/model.tar.gz' });
    });
    expect(flow.graph.nodes).toHaveLength(2);
  });
});
