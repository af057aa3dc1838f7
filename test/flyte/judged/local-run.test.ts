import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConnectorFixture } from '../../harness/flyte-connector.ts';
import { type AwsService, connectorFor, startAwsService } from './aws-service.ts';
import { FIXTURES, flytekit } from './flytekit.ts';

const run = promisify(execFile);

let aws: AwsService;
let connector: ConnectorFixture;
let scratch: string;
beforeAll(async () => {
  aws = await startAwsService();
  connector = await connectorFor(aws.serve.url);
  scratch = await mkdtemp(join(tmpdir(), 'pyflyte-'));
}, 300_000);
afterAll(async () => {
  await connector?.[Symbol.asyncDispose]();
  await aws?.[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

async function pyflyteRun(...parameters: string[]): Promise<string> {
  const environment = {
    ...process.env,
    PYTHONPATH: FIXTURES,
    PYTHONDONTWRITEBYTECODE: '1',
    TMPDIR: scratch,
    HOME: scratch,
    SLUICE_CONNECTOR: `127.0.0.1:${connector.port}`,
  };
  const program = join(await flytekit(), 'pyflyte');
  const { stdout } = await run(program, ['run', 'local_run.py', ...parameters], {
    cwd: FIXTURES,
    env: environment,
  });
  // Between the letters of a long line there are the terminal's ends of line.
  return stdout.replaceAll(/\s+/g, '');
}

test('pyflyte run runs jobs and requests through the connector', async () => {
  const trained = await pyflyteRun('prepare_and_train', '--rows', '2', '--epochs', '3');
  expect(trained).toContain("'ProcessingJobName':'prepare-");
  expect(trained).toContain("'MetricName':'loss','Value':0.5");
  const model = await pyflyteRun('make_model', '--model', 's3://flyte/models/none.tar.gz');
  expect(model).toMatch(/'ModelArn':'arn:aws:sagemaker:us-east-1:123456789012:model\/flyte-[0-9a-f]{16}'/);
}, 300_000);
