// Needs: python
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { pythonWith } from '../harness/python.ts';
import { fixtures, INSTALL_LIMIT_MS, PROGRAM_LIMIT_MS, type Served, startServe } from './harness.ts';

const scripts = join(fixtures, 'scripts');

let sdk: string;
let served: Served;
beforeAll(async () => {
  // What `sagemaker` of version 3 consists of, but for sagemaker-mlops: that wants s3fs, which wants a botocore of its
  // own, so that pip tries hundreds of versions before it finds any that go together.
  sdk = await pythonWith('sagemaker-train', 'sagemaker-serve');
  served = await startServe();
}, INSTALL_LIMIT_MS);
afterAll(() => served?.[Symbol.asyncDispose]());

test.concurrent(
  'ModelTrainer with its live log and metrics, ModelBuilder, a batch transform, an endpoint that predicts',
  async ({ expect }) => {
    const work = await served.directory('train');
    const { answer, output } = await served.python(sdk, 'v3/train_and_serve.py', [scripts, work]);
    expect(answer).toEqual({
      status: 'Completed',
      metrics: { 'train:accuracy': 1 },
      artifacts: expect.stringMatching(
        /^s3:\/\/sagemaker-us-east-1-123456789012\/points\/points-\d+\/output\/model\.tar\.gz$/,
      ) as string,
      predictions: ['0', '1', '0'],
      predicted: [0, 1],
    });
    expect(output).toMatch(/^train accuracy: 1\.00;$/m);
    expect(output).toContain('Training Container Execution Completed');
  },
  PROGRAM_LIMIT_MS,
);

test.concurrent(
  'ScriptProcessor with its live log, FrameworkProcessor with a source directory',
  async ({ expect }) => {
    const work = await served.directory('process');
    const { answer, output } = await served.python(sdk, 'v3/process.py', [scripts, work]);
    expect(answer).toEqual({
      script: { status: 'Completed', numbers: ['3', '6', '9'] },
      framework: { status: 'Completed', numbers: ['4', '8', '12'] },
    });
    expect(output).toContain('numbers.txt: 3 numbers times 3');
  },
  PROGRAM_LIMIT_MS,
);
