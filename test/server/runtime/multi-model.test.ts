import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ContainerDefinition,
  CreateModelCommand,
  DeleteEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
  waitUntilEndpointDeleted,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
} from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../../src/executors/index.ts';
import { archive, createModel, deploy, eventually, untilStatus } from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

const SERVER = fileURLToPath(new URL('../../fixtures/serving/models-server.cjs', import.meta.url));
const IMAGE = 'example.com/models:1';
const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** What SERVER answers. */
interface Told {
  readonly id: string;
  readonly target: string;
  readonly word: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: readonly string[];
  readonly files: number;
  readonly loaded: readonly string[];
  readonly multiModel: string;
}

const rule = { pattern: IMAGE, directory: process.cwd(), serve: ['node', SERVER] };
const configuration = { images: [rule], frameworks: { missingPackages: 'report' } } as const;
let fixture: RuntimeFixture;
beforeAll(async () => {
  fixture = await openRuntime({
    configuration,
    endpointLimits: {
      invocationMs: 1_500,
      modelLoadMs: 6_000,
      stopGraceMs: 2_000,
      volumeBytes: 4 * 1024 ** 2,
    },
  });
  const { store, bucket } = fixture;
  for (const name of ['a', 'b', 'c', 'deep/er/d'])
    await store.put(bucket, `many/${name}.tar.gz`, await archive({ 'word.txt': `word of ${name}` }));
  await store.put(bucket, 'many/poison.tar.gz', await archive({ 'word.txt': 'poison' }));
  await store.put(bucket, 'many/text.tar.gz', 'this is no archive');
  for (const [name, megabytes] of [
    ['big', 2],
    ['bigger', 3],
    ['huge', 5],
  ] as const) {
    const words = { 'word.txt': 'x'.repeat(megabytes * 1024 ** 2) };
    await store.put(bucket, `many/${name}.tar.gz`, await archive(words));
  }
  await store.put(bucket, 'secret.tar.gz', await archive({ 'word.txt': 'secret' }));
  await createModel(fixture, 'plain');
  await deploy(fixture, 'plain', [{ VariantName: 'plain' }]);
});
afterAll(() => fixture[Symbol.asyncDispose]());

async function serveModels(
  name: string,
  environment: Record<string, string> = {},
  more: Partial<ContainerDefinition> = {},
  variant: { readonly InitialInstanceCount?: number } = {},
): Promise<void> {
  const PrimaryContainer = {
    Image: IMAGE,
    Mode: 'MultiModel' as const,
    ModelDataUrl: `s3://${fixture.bucket}/many/`,
    Environment: environment,
    ...more,
  };
  await fixture.client.send(
    new CreateModelCommand({ ModelName: name, PrimaryContainer, ExecutionRoleArn: ROLE }),
  );
  await deploy(fixture, name, [{ VariantName: name, ...variant }]);
}

async function ask(endpoint: string, target: string | undefined, input: object = {}): Promise<Told> {
  const answer = await fixture.runtime.send(
    new InvokeEndpointCommand({
      EndpointName: endpoint,
      TargetModel: target,
      ContentType: 'application/json',
      Body: JSON.stringify(input),
    }),
  );
  return JSON.parse(Buffer.from(answer.Body).toString('utf8')) as Told;
}

/** The directories of models that lie on the instances of an endpoint. */
function modelDirectories(endpoint: string, variant = endpoint): string[] {
  const directory = join(fixture.api.jobs.home, 'jobs', 'endpoint', endpoint, variant);
  return readdirSync(directory)
    .map((instance) => join(directory, instance, 'opt', 'ml', 'models'))
    .filter((models) => existsSync(models))
    .flatMap((models) => readdirSync(models));
}

test('a model is fetched and loaded when it is first asked for, and the container knows whose it is', async () => {
  await serveModels('first');
  expect(modelDirectories('first')).toEqual([]);
  const told = await ask('first', 'a.tar.gz');
  expect(told).toMatchObject({
    target: 'a.tar.gz',
    word: 'word of a',
    url: `/opt/ml/models/${told.id}/model`,
    calls: ['POST a.tar.gz'],
    multiModel: 'true',
    headers: { 'content-type': 'application/json', 'x-amzn-sagemaker-target-model': 'a.tar.gz' },
  });
  expect(modelDirectories('first')).toEqual([told.id]);
  const again = await ask('first', 'a.tar.gz');
  expect(again).toMatchObject({ id: told.id, calls: ['POST a.tar.gz'] });
  const other = await ask('first', '/deep/er/d.tar.gz');
  expect(other).toMatchObject({ word: 'word of deep/er/d', loaded: [told.id, other.id] });
});

test('many first requests of one model load it once', async () => {
  await serveModels('once', { LOAD_MS: '200' });
  const told = await Promise.all(Array.from({ length: 20 }, () => ask('once', 'b.tar.gz')));
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  expect(told.at(-1)?.calls).toEqual(['POST b.tar.gz']);
});

describe('a container without memory', () => {
  test('unloads the model that was not used for the longest time', async () => {
    await serveModels('two', { CAPACITY: '2' });
    for (const name of ['a', 'b', 'a', 'c']) await ask('two', `${name}.tar.gz`);
    const { calls, files } = await ask('two', 'a.tar.gz');
    expect(calls).toEqual(
      ['POST a', 'POST b', 'POST c', 'DELETE b', 'POST c'].map((call) => `${call}.tar.gz`),
    );
    expect(files).toBe(2);
    expect(modelDirectories('two')).toHaveLength(2);
  });

  test('keeps a model in use until it is free', async () => {
    await serveModels('one', { CAPACITY: '1' });
    const busy = ask('one', 'a.tar.gz', { sleep: 400 });
    await eventually(async () => expect(modelDirectories('one')).toHaveLength(1));
    const [first, ...others] = await Promise.all([busy, ask('one', 'b.tar.gz'), ask('one', 'c.tar.gz')]);
    expect(first.word).toBe('word of a');
    expect(others.map(({ word }) => word)).toEqual(['word of b', 'word of c']);
    expect((await ask('one', 'a.tar.gz')).files).toBe(1);
  });

  test('is asked again when an invocation lacks memory', async () => {
    await serveModels('starved');
    for (const name of ['a', 'b', 'c']) await ask('starved', `${name}.tar.gz`);
    const told = await ask('starved', 'b.tar.gz', { starve: true });
    expect(told.word).toBe('word of b');
    expect(told.calls.filter((call) => call.startsWith('DELETE'))).toEqual([
      'DELETE a.tar.gz',
      'DELETE c.tar.gz',
    ]);
  });

  test('that has room for none gives an error, and nothing stays', async () => {
    await serveModels('none', { CAPACITY: '0' });
    for (let round = 0; round < 2; round++) {
      await expect(ask('none', 'a.tar.gz')).rejects.toMatchObject({
        name: 'ModelError',
        OriginalStatusCode: 507,
      });
      expect(modelDirectories('none')).toEqual([]);
    }
  });
});

test('a container that has lost a model loads it again', async () => {
  await serveModels('lost');
  await ask('lost', 'a.tar.gz', { forget: true });
  const told = await Promise.all([ask('lost', 'a.tar.gz'), ask('lost', 'a.tar.gz')]);
  expect(told[1]?.calls).toEqual(['POST a.tar.gz', 'POST a.tar.gz']);
});

test('a container that ended has no models, and loads them anew', async () => {
  await serveModels('ended');
  await ask('ended', 'a.tar.gz');
  const [instance] = fixture.api.jobs.jobs.endpoints.route('ended')?.variant('ended')?.instances ?? [];
  process.kill(instance?.processes[0]?.pid as number, 'SIGKILL');
  const told = await eventually(async () => {
    const answer = await ask('ended', 'b.tar.gz');
    expect(answer.calls).toEqual(['POST b.tar.gz']);
    return answer;
  });
  expect(modelDirectories('ended')).toEqual([told.id]);
});

test('without a cache, a model goes when it was used', async () => {
  const more = { MultiModelConfig: { ModelCacheSetting: 'Disabled' as const } };
  await serveModels('uncached', {}, more);
  for (const name of ['a', 'a', 'b']) {
    await ask('uncached', `${name}.tar.gz`);
    await eventually(async () => expect(modelDirectories('uncached')).toEqual([]));
  }
  expect((await ask('uncached', 'c.tar.gz')).calls).toEqual(
    ['POST a', 'DELETE a', 'POST a', 'DELETE a', 'POST b', 'DELETE b', 'POST c'].map(
      (call) => `${call}.tar.gz`,
    ),
  );
});

test('requests go to the instance that has the model', async () => {
  await serveModels('spread', {}, {}, { InitialInstanceCount: 2 });
  for (let round = 0; round < 6; round++) await ask('spread', 'a.tar.gz');
  expect(modelDirectories('spread')).toHaveLength(1);
  await fixture.client.send(
    new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName: 'spread',
      DesiredWeightsAndCapacities: [{ VariantName: 'spread', DesiredInstanceCount: 1 }],
    }),
  );
  await untilStatus(fixture, 'spread', 'InService');
  expect((await ask('spread', 'a.tar.gz')).word).toBe('word of a');
});

test('a model that takes longer than an invocation may goes on loading', async () => {
  await serveModels('slow', { LOAD_MS: '2200' });
  await expect(ask('slow', 'a.tar.gz')).rejects.toMatchObject({
    name: 'ModelNotReadyException',
    $metadata: { httpStatusCode: 429 },
  });
  const told = await eventually(() => ask('slow', 'a.tar.gz'));
  expect(told.calls).toEqual(['POST a.tar.gz']);
});

test('one that never loads is given up, and unloaded', async () => {
  await serveModels('never', { LOAD_MS: '60000' });
  await eventually(async () => {
    await expect(ask('never', 'a.tar.gz')).rejects.toMatchObject({
      name: 'ModelError',
      message: expect.stringMatching(/The model was not loaded within 6 seconds/) as string,
    });
  });
  expect(modelDirectories('never')).toEqual([]);
});

describe('a target model is refused', () => {
  beforeAll(() => serveModels('refusing'));

  test.each([
    ['../secret.tar.gz', "TargetModel: expected a path below s3://BUCKET/many/, got '../secret.tar.gz'."],
    [
      'a/../../secret.tar.gz',
      "TargetModel: expected a path below s3://BUCKET/many/, got 'a/../../secret.tar.gz'.",
    ],
    [
      'absent.tar.gz',
      'Failed to download model data(bucket: BUCKET, key: many/absent.tar.gz). Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model.',
    ],
    [
      'text.tar.gz',
      'Failed to extract model data archive from URL "s3://BUCKET/many/text.tar.gz". Please ensure that the object located at the URL is a valid tar.gz archive.',
    ],
  ])('%s: it cannot be had', async (target, message) => {
    await expect(ask('refusing', target)).rejects.toMatchObject({
      name: 'ValidationError',
      message: message.replace('BUCKET', fixture.bucket),
      $metadata: { httpStatusCode: 400 },
    });
    expect(modelDirectories('refusing')).toEqual([]);
  });

  test('that the container does not load', async () => {
    await expect(ask('refusing', 'poison.tar.gz')).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 500,
      OriginalMessage: 'this model does not load',
    });
    expect(modelDirectories('refusing')).toEqual([]);
  });

  test('where an endpoint has one model', async () => {
    await expect(ask('plain', 'a.tar.gz')).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Endpoint plain is not a multi-model endpoint and does not support target model header.',
    });
  });

  test('where a request names none', async () => {
    const message = expect.stringMatching(
      /^Request [0-9a-f-]{36} is missing a target model header\.$/,
    ) as string;
    await expect(ask('refusing', undefined)).rejects.toMatchObject({ name: 'ValidationError', message });
    const streamed = new InvokeEndpointWithResponseStreamCommand({ EndpointName: 'refusing', Body: 'x' });
    await expect(fixture.runtime.send(streamed)).rejects.toMatchObject({ name: 'ValidationError', message });
  });
});

test('models have no more room on disk than the instance has', async () => {
  await serveModels('disk');
  const first = await ask('disk', 'big.tar.gz');
  expect(modelDirectories('disk')).toEqual([first.id]);
  const second = await ask('disk', 'bigger.tar.gz');
  expect(second.calls).toEqual(['POST big.tar.gz', 'DELETE big.tar.gz', 'POST bigger.tar.gz']);
  expect(modelDirectories('disk')).toEqual([second.id]);
  await expect(ask('disk', 'huge.tar.gz')).rejects.toMatchObject({
    name: 'ServiceUnavailable',
    message: expect.stringMatching(/huge\.tar\.gz has more than 4194304 bytes .* VolumeSizeInGB/) as string,
  });
  expect(modelDirectories('disk')).toEqual([second.id]);
});

test('a pipeline may have a container of many models', async () => {
  const second = { Image: IMAGE, Mode: 'MultiModel' as const, ModelDataUrl: `s3://${fixture.bucket}/many` };
  const first = {
    Image: 'sluice/node:24',
    ModelDataUrl: `s3://${fixture.bucket}/models/plain.tar.gz`,
    Environment: { NAME: 'first' },
  };
  await fixture.client.send(
    new CreateModelCommand({ ModelName: 'mixed', Containers: [first, second], ExecutionRoleArn: ROLE }),
  );
  await deploy(fixture, 'mixed', [{ VariantName: 'mixed' }]);
  expect(await ask('mixed', 'a.tar.gz')).toMatchObject({ word: 'word of a', calls: ['POST a.tar.gz'] });
});

test('an endpoint that is deleted leaves nothing', async () => {
  await serveModels('gone');
  await ask('gone', 'a.tar.gz');
  const name = { EndpointName: 'gone' };
  await fixture.client.send(new DeleteEndpointCommand(name));
  const wait = { client: fixture.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  await waitUntilEndpointDeleted(wait, name);
  expect(readdirSync(join(fixture.api.jobs.home, 'jobs', 'endpoint', 'gone', 'gone'))).toEqual(['logs']);
});

test('the process executor tells the container where a model really lies', async () => {
  const sandboxed = fixture;
  await using plain = await openRuntime({ configuration, executor: createProcessExecutor() });
  fixture = plain;
  try {
    await plain.store.put(plain.bucket, 'many/a.tar.gz', await archive({ 'word.txt': 'word of a' }));
    await serveModels('process');
    const told = await ask('process', 'a.tar.gz');
    expect(told.word).toBe('word of a');
    expect(told.url).toBe(
      join(
        plain.api.jobs.home,
        'jobs',
        'endpoint',
        'process',
        'process',
        told.url.split('/').at(-6) as string,
        'opt',
        'ml',
        'models',
        told.id,
        'model',
      ),
    );
  } finally {
    fixture = sandboxed;
  }
});
