// Needs: python
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonWith } from '../harness/python.ts';
import { fixtures, INSTALL_LIMIT_MS, PROGRAM_LIMIT_MS, type Served, startServe } from './harness.ts';

/** The release that scripts were written for, as it is; its jobs have what its images have. */
let original: string;
let served: Served;
beforeAll(async () => {
  original = await pythonWith('sagemaker<3', 'aws-sagemaker-remote==0.0.71', 'setuptools<81');
  // What its jobs need of PyTorch's image is in its own environment, or is not asked for.
  served = await startServe({ python: original, config: 'frameworks:\n  missingPackages: report\n' });
}, INSTALL_LIMIT_MS);
afterAll(() => served?.[Symbol.asyncDispose]());

test(
  'aws-sagemaker-remote 0.0.71 runs unchanged: a processing job, and a training job of an experiment',
  async () => {
    const { answer, output } = await served.python(original, 'remote/run.py', [
      join(fixtures, 'remote'),
      await served.directory('work'),
    ]);
    expect(answer).toEqual({
      processing: {
        status: 'Completed',
        image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/aws-sagemaker-remote-processing:latest',
        output: 'width 5 of 1,2,3\n',
      },
      training: {
        status: 'Completed',
        image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/aws-sagemaker-remote-training:latest',
        metrics: { loss: 0.25 },
        experiment: 'original',
      },
      described: 's3://sagemaker-us-east-1-123456789012/made/output/output',
    });
    expect(output).toContain('configured');
    expect(output).toMatch(/rate 0\.5 of 1,2,3/);
    expect(await readFile(join(fixtures, 'remote', 'train.py'), 'utf8')).not.toContain('sluice');
  },
  PROGRAM_LIMIT_MS,
);
