// Needs: python
import { type ContainerDefinition, CreateModelCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../../src/contract/images.ts';
import { archive, deploy, eventually, invoke } from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

const SKLEARN = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3';
const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** Each archive has code of its own, and a module beside it that has the same name in all. */
const NODE = {
  'code/package.json': '{"type":"module"}',
  'code/inference.ts': `
    import { readFileSync } from 'node:fs';
    import { factor } from './factor.ts';
    export function modelFn(directory: string) {
      const word = readFileSync(directory + '/word.txt', 'utf8');
      if (word === 'poison') throw new Error('poisoned');
      return { word };
    }
    export function predictFn(input: any, { word }: { word: string }) {
      if (input.exit) process.exit(1);
      return { word, factor, pid: process.pid, input };
    }`,
};
const PYTHON = {
  'code/inference.py': `
import json, os
from factor import factor

def model_fn(model_dir):
    word = open(os.path.join(model_dir, "word.txt")).read()
    if word == "poison":
        raise ValueError("poisoned")
    return word

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(data, model):
    if "exit" in data:
        os._exit(1)
    return {"word": model, "factor": factor, "pid": os.getpid(), "input": data}

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
`,
};
const factorOf = {
  node: (factor: number) => ({ 'code/factor.ts': `export const factor = ${factor};` }),
  python: (factor: number) => ({ 'code/factor.py': `factor = ${factor}\n` }),
};

let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntime({
    configuration: { images: [], frameworks: { missingPackages: 'report' } },
    endpointLimits: { stopGraceMs: 5_000 },
  });
});
afterAll(() => fixture[Symbol.asyncDispose]());

async function ask(endpoint: string, target: string, input: object = {}) {
  const answer = await invoke(fixture, endpoint, input, { TargetModel: target });
  return answer as unknown as { word: string; factor: number; pid: number; input: unknown };
}

async function serveModels(
  name: string,
  image: string,
  files: Readonly<Record<string, string>>,
  environment: Record<string, string> = {},
): Promise<void> {
  const { store, bucket, client } = fixture;
  const kind = image === NODE_IMAGE ? 'node' : 'python';
  for (const [index, word] of ['one', 'two', 'poison'].entries()) {
    const body = await archive({ 'word.txt': word, ...files, ...factorOf[kind](index + 1) });
    await store.put(bucket, `${name}/${word}.tar.gz`, body);
  }
  const PrimaryContainer: ContainerDefinition = {
    Image: image,
    Mode: 'MultiModel',
    ModelDataUrl: `s3://${bucket}/${name}/`,
    Environment: environment,
  };
  await client.send(new CreateModelCommand({ ModelName: name, PrimaryContainer, ExecutionRoleArn: ROLE }));
  await deploy(fixture, name, [{ VariantName: name }]);
}

describe.each([
  ['node', NODE_IMAGE, NODE],
  ['python', SKLEARN, PYTHON],
] as const)('the server of many models for %s', (name, image, files) => {
  beforeAll(() => serveModels(name, image, files), 60_000);

  test('serves each model with its own code, in a process of its own', async () => {
    const one = await ask(name, 'one.tar.gz', { x: 1 });
    const two = await ask(name, 'two.tar.gz', { x: 2 });
    expect(one).toMatchObject({ word: 'one', factor: 1, input: { x: 1 } });
    expect(two).toMatchObject({ word: 'two', factor: 2, input: { x: 2 } });
    expect(two.pid).not.toBe(one.pid);
    expect((await ask(name, 'one.tar.gz')).pid).toBe(one.pid);
  });

  test('says why a model does not load', async () => {
    await expect(ask(name, 'poison.tar.gz')).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 500,
      OriginalMessage: expect.stringMatching(/poisoned/) as string,
    });
  });

  test('says what a model answers in place of a prediction', async () => {
    const failed = invoke(fixture, name, undefined, { TargetModel: 'one.tar.gz', Body: '{' });
    await expect(failed).rejects.toMatchObject({ name: 'ModelError' });
  });

  test('a model that ended is loaded again', async () => {
    const { pid } = await ask(name, 'one.tar.gz');
    await expect(ask(name, 'one.tar.gz', { exit: true })).rejects.toMatchObject({ name: 'ModelError' });
    const again = await eventually(() => ask(name, 'one.tar.gz'));
    expect(again).toMatchObject({ word: 'one' });
    expect(again.pid).not.toBe(pid);
  });
});

test('code that is given for all models serves those that have none', async () => {
  const { store, bucket } = fixture;
  const shared = await archive({
    'shared.ts': `
      import { readFileSync } from 'node:fs';
      export const modelFn = (directory) => ({ predict: () => ({ word: readFileSync(directory + '/word.txt', 'utf8') }) });`,
    'package.json': '{"type":"module"}',
  });
  await store.put(bucket, 'shared/sourcedir.tar.gz', shared);
  await store.put(bucket, 'bare/one.tar.gz', await archive({ 'word.txt': 'one' }));
  const PrimaryContainer: ContainerDefinition = {
    Image: NODE_IMAGE,
    Mode: 'MultiModel',
    ModelDataUrl: `s3://${bucket}/bare/`,
    Environment: {
      SAGEMAKER_PROGRAM: 'shared.ts',
      SAGEMAKER_SUBMIT_DIRECTORY: `s3://${bucket}/shared/sourcedir.tar.gz`,
    },
  };
  await fixture.client.send(
    new CreateModelCommand({ ModelName: 'bare', PrimaryContainer, ExecutionRoleArn: ROLE }),
  );
  await deploy(fixture, 'bare', [{ VariantName: 'bare' }]);
  expect(await ask('bare', 'one.tar.gz')).toEqual({ word: 'one', variant: 'bare' });
});

test('while little memory is left, one model at a time is loaded', async () => {
  await serveModels('tight', NODE_IMAGE, NODE, { SLUICE_MIN_FREE_MEMORY_PERCENT: '100' });
  const { pid } = await ask('tight', 'one.tar.gz');
  expect((await ask('tight', 'two.tar.gz')).word).toBe('two');
  expect((await ask('tight', 'one.tar.gz')).pid).not.toBe(pid);
});
