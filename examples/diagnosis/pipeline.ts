import {
  batchTransformTask,
  float,
  integer,
  json,
  processingTask,
  trainingTask,
  uri,
  workflow,
} from 'sluice';

/** What evaluate.ts writes to metrics.json. */
interface Metrics {
  accuracy: number;
  precision: number;
  recall: number;
  f1: number;
  rocAuc: number;
  rows: number;
}

const preprocess = processingTask('preprocess', {
  sourceDir: './steps',
  script: 'preprocess.ts',
  instanceType: 'ml.m5.2xlarge',
  inputs: ['raw'],
  outputs: ['train', 'validation', 'test', 'truth'],
  arguments: [
    '--input',
    '/opt/ml/processing/input/raw',
    '--output',
    '/opt/ml/processing/output',
    '--seed',
    '7',
  ],
});

const train = trainingTask('train', {
  sourceDir: './steps',
  script: 'train.ts',
  instanceType: 'ml.m5.xlarge',
  channels: ['train', 'validation'],
  hyperparameters: { epochs: 300, 'learning-rate': 0.5, l2: 0.01 },
  metricDefinitions: {
    'train:loss': 'train loss: ([0-9.]+)',
    'validation:loss': 'validation loss: ([0-9.]+)',
    'validation:accuracy': 'validation accuracy: ([0-9.]+)',
  },
  useSpotInstances: true,
  maxRuntimeInSeconds: 3600,
  maxWaitTimeInSeconds: 7200,
});

const predict = batchTransformTask('predict', {
  sourceDir: './steps',
  script: 'inference.ts',
  instanceType: 'ml.m5.large',
  contentType: 'text/csv',
  accept: 'text/csv',
  splitType: 'Line',
  assembleWith: 'Line',
  strategy: 'MultiRecord',
  maxPayloadInMB: 6,
});

const evaluate = processingTask('evaluate', {
  sourceDir: './steps',
  script: 'evaluate.ts',
  instanceType: 'ml.m5.xlarge',
  inputs: ['predictions', 'truth'],
  outputs: ['evaluation'],
  arguments: [
    '--predictions',
    '/opt/ml/processing/input/predictions',
    '--truth',
    '/opt/ml/processing/input/truth',
    '--output',
    '/opt/ml/processing/output/evaluation',
  ],
  propertyFiles: { metrics: json<Metrics>({ outputName: 'evaluation', path: 'metrics.json' }) },
});

/** Tells malignant from benign breast tissue: split and scale, train, predict the held-out part, evaluate. */
export default workflow(
  'diagnosis',
  {
    inputs: {
      data: uri({
        default: './data/breast_cancer.csv',
        description: 'The samples, as scikit-learn carries them.',
      }),
      epochs: integer({ default: 300 }),
      learningRate: float({ default: 0.5 }),
    },
  },
  (inputs) => {
    const parts = preprocess({ raw: inputs.data });
    const { model } = train({
      train: parts.train,
      validation: parts.validation,
      hyperparameters: { epochs: inputs.epochs, 'learning-rate': inputs.learningRate },
    });
    const { output } = predict({ model, input: parts.test });
    return { metrics: evaluate({ predictions: output, truth: parts.truth }).metrics };
  },
);
