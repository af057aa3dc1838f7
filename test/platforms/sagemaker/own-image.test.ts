import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { DescribeModelCommand, DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { packTar, unpackTar } from 'modern-tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchTransformTask, TrainingTask } from '../../../src/graph/index.ts';
import { parseS3Uri } from '../../../src/objects/index.ts';
import { isTerminal, type JobStatus } from '../../../src/platforms/index.ts';
import { openPlatform } from '../../fixtures/platforms/sagemaker.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';

const IMAGE = '123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1';

/** What a script is told, whatever starts it. */
const PYTHON = `
import json, os, sys
import helper
names = ["SM_CHANNEL_TRAIN", "SM_MODEL_DIR", "SM_HP_EPOCHS", "SM_HPS", "SM_HOSTS", "SM_CURRENT_HOST", "SM_CHANNELS",
         "SM_USER_ENTRY_POINT", "SM_OUTPUT_DATA_DIR", "MODE"]
told = {name: os.environ.get(name) for name in names}
told.update(arguments=sys.argv[1:], helper=helper.VALUE, here=os.path.basename(os.getcwd()))
root = os.environ["SM_MODEL_DIR"][: -len("/model")]
os.makedirs(os.environ["SM_OUTPUT_DATA_DIR"], exist_ok=True)
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "told.json"), "w") as file:
    file.write(json.dumps(told).replace(root, "/opt/ml"))
`;
const NODE = `
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { channel } from 'sluice/job';
import { VALUE } from './helper.ts';
const names: string[] = ['SM_CHANNEL_TRAIN', 'SM_MODEL_DIR', 'SM_HP_EPOCHS', 'SM_HPS', 'SM_HOSTS', 'SM_CURRENT_HOST', 'SM_CHANNELS',
  'SM_USER_ENTRY_POINT', 'SM_OUTPUT_DATA_DIR', 'MODE'];
const told = { ...Object.fromEntries(names.map((name) => [name, process.env[name]])), arguments: process.argv.slice(2),
  helper: VALUE, here: basename(process.cwd()) };
const root = channel('train').slice(0, -'/input/data/train'.length);
const out = process.env.SM_OUTPUT_DATA_DIR!;
mkdirSync(out, { recursive: true });
writeFileSync(out + '/told.json', JSON.stringify(told).replaceAll(root, '/opt/ml'));
`;

const INFERENCE = `
import json, os
def model_fn(directory):
    with open(os.path.join(directory, "weight")) as file:
        return int(file.read())
def input_fn(body, content_type):
    return int(body)
def predict_fn(data, model):
    return data * model
def output_fn(result, accept):
    return str(result), accept
`;
const sources = join(import.meta.dirname, '../../../src');

let directory: string;
let serve: ServeFixture;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-own-image-'));
  const server = join(directory, 'server');
  await mkdir(server);
  const images = { '*/own:1': { serve: ['python3', join(sources, 'serving/python/serve.py')] } };
  await writeFile(join(server, 'config.yaml'), JSON.stringify({ images }));
  serve = await startServe(server, ['--executor', 'process']);
  await mkdir(join(directory, 'code'));
  const files = {
    'package.json': '{"type":"module"}',
    'train.py': PYTHON,
    'helper.py': 'VALUE = 7\n',
    'train.ts': NODE,
    'helper.ts': 'export const VALUE = 7;\n',
    'fail.py': 'raise ValueError("no such column: age")\n',
    'data.csv': '1,2\n',
    'inference.py': INFERENCE,
    number: '21',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, 'code', name), text);
}, 300_000);

afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function trainingOf(entry: string, more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    type: 'training',
    name: 'train',
    interface: { inputs: { train: { type: 'uri' } }, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 30,
    image: IMAGE,
    script: { entry, directory: join(directory, 'code'), whole: true },
    arguments: ['--more', 'of it'],
    environment: { MODE: 'own' },
    maxRuntimeInSeconds: 600,
    channels: { train: {} },
    hyperparameters: { epochs: 3, name: 'a b' },
    metricDefinitions: [],
    enableManagedSpotTraining: false,
    ...more,
  };
}

async function run(
  task: TrainingTask | BatchTransformTask,
  jobName: string,
  given?: Record<string, string>,
): Promise<JobStatus> {
  const { platform, detach } = await openPlatform({ home: join(directory, 'home'), endpoint: serve.url });
  try {
    const inputs = given ?? { train: `file://${join(directory, 'code/data.csv')}` };
    const handle = await platform.submit({ task, inputs, jobName }, { idempotencyKey: jobName });
    for await (const status of platform.watch(handle)) if (isTerminal(status)) return status;
    throw new Error('It did not end.');
  } finally {
    await detach();
  }
}

async function toldBy(status: JobStatus): Promise<unknown> {
  const { bucket: Bucket, key: Key } = parseS3Uri(status.outputs['output'] as string);
  const { Body: body } = await serve.s3.send(new GetObjectCommand({ Bucket, Key }));
  const archive = Buffer.from((await body?.transformToByteArray()) ?? []);
  return JSON.parse(await readArchived(archive, 'told.json'));
}

async function textAt(uri: string): Promise<string | undefined> {
  const { bucket: Bucket, key: Key } = parseS3Uri(uri);
  const { Body: body } = await serve.s3.send(new GetObjectCommand({ Bucket, Key }));
  return body?.transformToString();
}

async function readArchived(archive: Buffer, name: string): Promise<string> {
  for (const { header, data } of await unpackTar(gunzipSync(archive)))
    if (header.name.endsWith(name)) return Buffer.from(data ?? []).toString();
  throw new Error(`There is no ${name}.`);
}

test.each([['train.py'], ['train.ts']])(
  'starts %s in an image without a toolkit as a toolkit would',
  async (entry) => {
    const name = `own-${entry.replace('.', '-')}`;
    const status = await run(trainingOf(entry), name);
    expect(status).toMatchObject({ phase: 'succeeded' });
    expect(await toldBy(status)).toEqual({
      SM_CHANNEL_TRAIN: '/opt/ml/input/data/train',
      SM_MODEL_DIR: '/opt/ml/model',
      SM_HP_EPOCHS: '3',
      SM_HPS: '{"epochs":3,"name":"a b"}',
      SM_HOSTS: '["algo-1"]',
      SM_CURRENT_HOST: 'algo-1',
      SM_CHANNELS: '["train"]',
      SM_USER_ENTRY_POINT: entry,
      SM_OUTPUT_DATA_DIR: '/opt/ml/output/data',
      MODE: 'own',
      arguments: ['--epochs', '3', '--name', 'a b', '--more', 'of it'],
      helper: 7,
      here: 'code',
    });
    const described = await serve.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
    const program = entry === 'train.py' ? ['python3', 'driver.py'] : ['node', 'driver.mjs'];
    expect(described.AlgorithmSpecification).toMatchObject({
      TrainingImage: IMAGE,
      ContainerEntrypoint: [program[0], `/opt/ml/input/data/sluice_driver/${program[1]}`],
      ContainerArguments: ['--more', 'of it'],
    });
  },
  120_000,
);

test('tells why a script in an image of its own has failed', async () => {
  const status = await run(trainingOf('fail.py'), 'own-fail');
  expect(status).toMatchObject({ phase: 'failed', fault: 'user' });
  expect(status.message).toContain('no such column: age');
}, 300_000);

test('refuses a distribution in an image without the toolkit, which alone has launchers', async () => {
  const task = trainingOf('train.py', { distribution: { mpi: { enabled: true } }, arguments: [] });
  const status = await run(task, 'own-distribution');
  expect(status).toMatchObject({ phase: 'failed' });
  expect(status.message).toContain('distribution: the image has no training toolkit of SageMaker');
}, 300_000);

test('serves a model in an image of its own with its script, which is packed into its archive', async () => {
  const weight = { header: { name: 'weight', size: 1 }, body: '2' };
  await writeFile(join(directory, 'model.tar.gz'), gzipSync(await packTar([weight])));
  const { channels: _c, hyperparameters: _h, metricDefinitions: _m, ...common } = trainingOf('inference.py');
  const { enableManagedSpotTraining: _s, arguments: _a, ...task } = common;
  const transform: BatchTransformTask = {
    ...task,
    type: 'batch_transform',
    splitType: 'None',
    compressionType: 'None',
    assembleWith: 'None',
    contentType: 'text/plain',
    accept: 'text/plain',
  };
  const inputs = {
    model: `file://${join(directory, 'model.tar.gz')}`,
    input: `file://${join(directory, 'code/number')}`,
  };
  const status = await run(transform, 'own-transform', inputs);
  expect(status).toMatchObject({ phase: 'succeeded' });
  expect(await textAt(`${status.outputs['output']}/number.out`)).toBe('42');
  const model = await serve.sagemaker.send(new DescribeModelCommand({ ModelName: 'own-transform' }));
  expect(model.PrimaryContainer).toMatchObject({
    Image: IMAGE,
    ModelDataUrl: expect.stringContaining('/sluice/models/'),
    Environment: { SAGEMAKER_PROGRAM: 'inference.py', SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code' },
  });
}, 300_000);

test('refuses data under the names that the code travels by', async () => {
  const task = trainingOf('train.py', { channels: { sluice_code: {} } });
  const { platform, detach } = await openPlatform({ home: join(directory, 'home'), endpoint: serve.url });
  const inputs = { sluice_code: `file://${join(directory, 'code/data.csv')}` };
  await expect(
    platform.submit({ task, inputs, jobName: 'taken' }, { idempotencyKey: 'taken' }),
  ).rejects.toThrow("the name 'sluice_code' is taken by its script");
  await detach();
});
