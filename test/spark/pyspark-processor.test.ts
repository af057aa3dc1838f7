// `npm run test:spark`. SageMaker's own Python SDK sends a Spark application to a `sluice serve`.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INSTALL_LIMIT_MS, PROGRAM_LIMIT_MS, type Served, startServe } from '../clients/harness.ts';
import { pythonWith } from '../harness/python.ts';
import { pythonWithSpark } from '../harness/spark.ts';

const application = fileURLToPath(new URL('../fixtures/spark', import.meta.url));

let sdk: string;
let served: Served;
beforeAll(async () => {
  sdk = await pythonWith('sagemaker<3');
  served = await startServe({ python: await pythonWithSpark() });
}, INSTALL_LIMIT_MS);
afterAll(() => served?.[Symbol.asyncDispose]());

test('PySparkProcessor: an application with packages, files and configuration, its log, and why one fails', {
  timeout: PROGRAM_LIMIT_MS,
}, async () => {
  const work = await served.directory('work');
  const { answer, output } = await served.python(sdk, 'v2/pyspark_processor.py', [application, work]);
  expect(answer).toMatchObject({
    status: 'Completed',
    entrypoint: 'smspark-submit',
    report: { rows: 3, sum: 3.5, partitions: '5' },
    failure: expect.stringMatching(
      /Error for Processing job broken-.*: Failed\. Reason: AlgorithmError/,
    ) as string,
  });
  expect(output).toContain('SparkContext');
});
