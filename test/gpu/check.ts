// Trains and serves on a GPU, and checks that an instance type without GPUs sees none. See run.sh.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { signHeaders } from '../../src/core/sigv4.ts';

const PYTORCH = '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6-gpu-py312';
const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const here = new URL('.', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'sluice-gpu-'));
const home = join(directory, 'home');
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  SLUICE_HOME: home,
  AWS_ACCESS_KEY_ID: 'sluice',
  AWS_SECRET_ACCESS_KEY: 'sluice',
};

try {
  prepare();
  console.log(sluice('doctor'));
  const devices = Number(python('import torch; print(torch.cuda.device_count())'));
  assert(devices > 0, 'this machine has no GPU that torch finds');
  const trained = train('gpu', 'ml.g5.xlarge');
  assert.match(trained, /cuda=True devices=1 gpus=1/);
  assert.match(trained, /loss=\S+ on cuda/);
  assert.match(train('cpu', 'ml.m5.large'), /cuda=False devices=0 gpus=0/);
  if (devices > 1) {
    const several = Math.min(devices, 4);
    assert.match(train('many', 'ml.g5.12xlarge'), new RegExp(`cuda=True devices=${several} gpus=${several}`));
  }
  await serve();
  console.log('A GPU trains and serves; an instance type without GPUs sees none.');
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function prepare(): void {
  mkdirSync(join(directory, 'data'));
  const rows = Array.from({ length: 256 }, (_, index) => [
    index % 7,
    index % 5,
    index % 3,
    (index % 7) + (index % 5),
  ]);
  writeFileSync(join(directory, 'data', 'train.csv'), rows.map((row) => `${row.join(',')}\n`).join(''));
  // There is no package index to install from.
  writeFileSync(join(directory, 'sluice.yaml'), 'frameworks: { missingPackages: report }\n');
  for (const name of ['train.py', 'inference.py']) copyFileSync(join(here, name), join(directory, name));
}

function sluice(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: directory,
    env: environment,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `sluice ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout + stderr;
}

function python(source: string): string {
  return execFileSync('python3', ['-c', source], { encoding: 'utf8' }).trim();
}

function train(name: string, instanceType: string): string {
  const options = [
    '--instance-type',
    instanceType,
    '--channel',
    'train=data',
    '--hyperparameter',
    'epochs=50',
  ];
  const output = sluice(
    'train',
    '--name',
    name,
    '--script',
    'train.py',
    ...options,
    '--output',
    join('out', name),
  );
  console.log(output);
  return output;
}

async function serve(): Promise<void> {
  const server = spawn(process.execPath, [main, 'serve', '--port', '0', '--json'], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await urlOf(server);
    const client = new SageMakerClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'sluice', secretAccessKey: 'sluice' },
    });
    packModel();
    sluice('s3', 'mb', 's3://models');
    sluice('s3', 'cp', 'model.tar.gz', 's3://models/model.tar.gz');
    for (const [name, type, device] of [
      ['gpu', 'ml.g5.xlarge', 'cuda'],
      ['cpu', 'ml.m5.large', 'cpu'],
    ] as const) {
      const answer = await deploy(client, url, name, type);
      console.log(`${type}:`, answer);
      assert.equal((answer as { device: string }).device, device);
    }
    client.destroy();
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    return (JSON.parse(line) as { url: string }).url;
  }
  throw new Error('the server did not start');
}

/** The trained model with its inference script, as a framework's container takes it. */
function packModel(): void {
  const model = join(directory, 'model');
  mkdirSync(join(model, 'code'), { recursive: true });
  execFileSync('tar', ['xzf', join(directory, 'out', 'gpu', 'model.tar.gz'), '-C', model]);
  copyFileSync(join(here, 'inference.py'), join(model, 'code', 'inference.py'));
  execFileSync('tar', ['czf', join(directory, 'model.tar.gz'), '-C', model, '.']);
}

async function deploy(
  client: SageMakerClient,
  url: string,
  name: string,
  InstanceType: 'ml.g5.xlarge' | 'ml.m5.large',
): Promise<unknown> {
  const Environment = { SAGEMAKER_PROGRAM: 'inference.py' };
  const PrimaryContainer = { Image: PYTORCH, ModelDataUrl: 's3://models/model.tar.gz', Environment };
  const role = { ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Gpu' };
  await client.send(new CreateModelCommand({ ModelName: name, PrimaryContainer, ...role }));
  const variant = { VariantName: 'all', ModelName: name, InstanceType, InitialInstanceCount: 1 };
  await client.send(
    new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }),
  );
  await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  for (let second = 0; second < 240; second++) {
    const endpoint = await client.send(new DescribeEndpointCommand({ EndpointName: name }));
    assert.notEqual(endpoint.EndpointStatus, 'Failed', endpoint.FailureReason);
    if (endpoint.EndpointStatus === 'InService') break;
    await sleep(1000);
  }
  return invoke(url, name, '[[1,2,3]]');
}

async function invoke(url: string, endpoint: string, body: string): Promise<unknown> {
  const path = `/endpoints/${endpoint}/invocations`;
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const headers = { host: new URL(url).host, 'content-type': 'application/json' };
  const signed = signHeaders(
    { method: 'POST', path, query: [], payloadHash, headers },
    { accessKeyId: 'sluice', secretAccessKey: 'sluice' },
    { region: 'us-east-1', service: 'sagemaker' },
  );
  const answer = await fetch(url + path, { method: 'POST', headers: signed, body });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}
