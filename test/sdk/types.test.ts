import { describe, expectTypeOf, it } from 'vitest';
import {
  batchTransformTask,
  boolean,
  float,
  integer,
  json,
  processingTask,
  type Reference,
  string,
  task,
  trainingTask,
  uri,
  workflow,
} from '../../src/index.ts';

interface Metrics {
  accuracy: number;
}

const preprocess = processingTask('preprocess', {
  script: 'a.ts',
  instanceType: 'ml.m5.large',
  inputs: ['raw'],
  outputs: ['train', 'test'],
  propertyFiles: { metrics: json<Metrics>({ outputName: 'train', path: 'm.json' }) },
});
const train = trainingTask('train', {
  script: 'a.ts',
  instanceType: 'ml.m5.large',
  channels: { train: { inputMode: 'File' }, extra: 's3://b/extra' },
});
const predict = batchTransformTask('predict', { script: 'a.ts', instanceType: 'ml.m5.large' });
const count = task(
  'count',
  {
    inputs: { n: integer(), scale: float({ default: 1 }), note: string({ required: false }) },
    outputs: { ok: boolean() },
  },
  ({ n, scale, note }) => ({ ok: n * scale > note.length }),
);
const report = task('report', { inputs: { metrics: json<Metrics>() } }, ({ metrics }) => {
  expectTypeOf(metrics).toEqualTypeOf<Metrics>();
});

// Never called: only the compiler reads it.
function uses(): void {
  workflow('flow', { inputs: { data: uri({ default: './x' }), n: integer(), x: float() } }, (inputs) => {
    expectTypeOf(inputs.data).toEqualTypeOf<Reference<'uri', string>>();
    const parts = preprocess({ raw: inputs.data });
    expectTypeOf(parts.train).toEqualTypeOf<Reference<'uri', string>>();
    expectTypeOf(parts.metrics).toEqualTypeOf<Reference<'json', Metrics>>();
    report({ metrics: parts.metrics });
    report({ metrics: { accuracy: inputs.x } });
    train({ train: parts.train });
    train({
      train: parts.train,
      extra: 's3://b/other',
      hyperparameters: { epochs: inputs.n, nested: [inputs.x, 1] },
    });
    predict(
      { model: train({ train: parts.train }).model, input: parts.test },
      { name: 'p', after: [parts, 'train'] },
    );
    count({ n: inputs.n, scale: inputs.n });

    // @ts-expect-error an unknown output
    void parts.validation;
    // @ts-expect-error an unknown input
    preprocess({ raw: inputs.data, row: inputs.data });
    // @ts-expect-error a missing input
    preprocess({});
    // @ts-expect-error a missing channel
    train({ extra: parts.train });
    // @ts-expect-error an unknown channel
    train({ train: parts.train, validation: parts.test });
    // @ts-expect-error an integer is no place of data
    preprocess({ raw: inputs.n });
    // @ts-expect-error a number is no place of data
    preprocess({ raw: 3 });
    // @ts-expect-error a float is no integer
    count({ n: inputs.x });
    // @ts-expect-error a text is no integer
    count({ n: '3' });
    // @ts-expect-error metrics of another shape
    report({ metrics: { precision: 1 } });
    // @ts-expect-error the model is missing
    predict({ input: parts.test });
    // @ts-expect-error the workflow has no such input
    void inputs.other;
    return { metrics: parts.metrics };
  });
  // @ts-expect-error the function returns another type than it declares
  task('wrong', { outputs: { n: integer() } }, () => ({ n: 'x' }));
  // @ts-expect-error the function returns nothing
  task('wrong', { outputs: { n: integer() } }, () => undefined);
  // @ts-expect-error a default of the wrong type
  integer({ default: 'x' });
  // @ts-expect-error an option that does not exist
  trainingTask('t', { instanceType: 'ml.m5.large', scrpt: 'a.ts' });
  // @ts-expect-error an option that does not exist
  batchTransformTask('t', { instanceType: 'ml.m5.large', splitTyp: 'Line' });
}

describe('the types of the SDK', () => {
  it('let through what fits and nothing else', () => {
    expectTypeOf(uses).toBeFunction();
  });
});
