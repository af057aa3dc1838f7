// Needs: python
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { pythonWith } from '../harness/python.ts';
import { fixtures, INSTALL_LIMIT_MS, PROGRAM_LIMIT_MS, type Served, startServe } from './harness.ts';

const scripts = join(fixtures, 'scripts');

let sdk: string;
let served: Served;
beforeAll(async () => {
  sdk = await pythonWith('sagemaker<3');
  served = await startServe();
}, INSTALL_LIMIT_MS);
afterAll(() => served?.[Symbol.asyncDispose]());

test.concurrent(
  'SKLearn: fit with its live log and metrics, a batch transform, an endpoint that predicts',
  async ({ expect }) => {
    const work = await served.directory('train');
    const { answer, output } = await served.python(sdk, 'v2/train_and_serve.py', [scripts, work]);
    expect(answer).toEqual({
      status: 'Completed',
      metrics: { 'train:accuracy': 1 },
      artifacts: expect.stringMatching(
        /^s3:\/\/sagemaker-us-east-1-123456789012\/sagemaker-scikit-learn-.*\/output\/model\.tar\.gz$/,
      ) as string,
      predictions: ['0', '1', '0'],
      endpoint: expect.stringMatching(/^sagemaker-scikit-learn-/) as string,
      predicted: [0, 1],
      failures: [
        expect.stringMatching(
          /^Error for Training job sagemaker-scikit-learn-.*: Failed\. Reason: AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "raise ValueError\("the data is not what was promised"\)/,
        ) as string,
        expect.stringMatching(
          /^An error occurred \(ValidationException\) when calling the CreateTrainingJob operation: No S3 objects found under S3 URL "s3:\/\/sagemaker-us-east-1-123456789012\/nothing\/"/,
        ) as string,
      ],
    });
    for (const line of [
      / Starting - Preparing the instances for training/,
      / Training - Training image download completed. Training in progress\./,
      /^leaves=2$/m,
      /^train accuracy: 1\.00;$/m,
      / Completed - Training job completed/,
      /^Training seconds: \d+$/m,
    ]) {
      expect(output).toMatch(line);
    }
  },
  PROGRAM_LIMIT_MS,
);

test.concurrent(
  'Processor, ScriptProcessor with its live log, FrameworkProcessor with a source directory',
  async ({ expect }) => {
    const work = await served.directory('process');
    const { answer, output } = await served.python(sdk, 'v2/process.py', [scripts, work]);
    expect(answer).toEqual({
      processor: { status: 'Completed', numbers: ['1', '2', '3'] },
      script: { status: 'Completed', numbers: ['3', '6', '9'] },
      framework: { status: 'Completed', numbers: ['4', '8', '12'] },
    });
    expect(output).toMatch(/^numbers\.txt: 3 numbers times 3$/m);
  },
  PROGRAM_LIMIT_MS,
);

test.concurrent(
  'Estimator with the image of XGBoost: fit without a script, a batch transform, an endpoint that predicts',
  async ({ expect }) => {
    const work = await served.directory('xgboost');
    const { answer, output } = await served.python(sdk, 'v2/xgboost_algorithm.py', [work]);
    expect(answer).toEqual({
      status: 'Completed',
      metrics: { 'train:auc': 1, 'validation:auc': 1 },
      artifacts: expect.stringMatching(/\/xgboost\/output\/sagemaker-xgboost-.*\/model\.tar\.gz$/) as string,
      transformed: [false, true],
      predicted: [[false], [true]],
      invoked: {
        libsvm: [
          'application/json',
          expect.stringMatching(/^\{"predictions": \[\{"score": 0\.[5-9]/) as string,
        ],
        image: [
          415,
          expect.stringMatching(/^image\/png is not an accepted ContentType: csv, libsvm, /) as string,
        ],
        accept: [406, expect.stringMatching(/^Accept type image\/png is not supported\./) as string],
      },
      failure: expect.stringMatching(
        /^Error for Training job sagemaker-xgboost-.*: Failed\. Reason: AlgorithmError: framework error: \nTraceback .*\n.*UserError: Hyperparameter eta: 3\.0 is not in \[0, 1\]/,
      ) as string,
    });
    expect(output).toMatch(/^\[9\]#011train-auc:1\.00000#011validation-auc:1\.00000$/m);
  },
  PROGRAM_LIMIT_MS,
);
