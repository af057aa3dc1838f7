// Needs: python
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { pythonWith } from '../harness/python.ts';
import { fixtures, INSTALL_LIMIT_MS, PROGRAM_LIMIT_MS, type Served, startServe } from './harness.ts';

let sdk: string;
let served: Served;
beforeAll(async () => {
  sdk = await pythonWith('sagemaker<3');
  served = await startServe();
}, INSTALL_LIMIT_MS);
afterAll(() => served?.[Symbol.asyncDispose]());

test(
  'MultiDataModel with target models, PipelineModel, and direct invocation',
  async ({ expect }) => {
    const work = await served.directory('many');
    const args = [join(fixtures, 'scripts'), work];
    const { answer } = await served.python(sdk, 'v2/many_models.py', args);
    expect(answer).toEqual({
      many: [['a x'], ['b x'], ['a x']],
      listed: ['a.tar.gz', 'deep/b.tar.gz'],
      refused: ['ValidationError', 'ValidationError'],
      piped: ['second first x'],
      direct: ['["second x"]', '["first x"]'],
    });
  },
  PROGRAM_LIMIT_MS,
);
