import { InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, createModel, deploy, eventually } from '../../harness/endpoints.ts';
import type { RuntimeFixture } from './harness.ts';
import { type ModelsFixture, openModels } from './models-fixture.ts';

const limits = { stopGraceMs: 2_000, volumeBytes: 4 * 1024 ** 2 };
let models: ModelsFixture;
let fixture: RuntimeFixture;
beforeAll(async () => {
  models = await openModels({ endpointLimits: limits });
  fixture = models.fixture;
  const { store, bucket } = fixture;
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
afterAll(() => models[Symbol.asyncDispose]());

const serveModels: ModelsFixture['serveModels'] = (...args) => models.serveModels(...args);
const ask: ModelsFixture['ask'] = (...args) => models.ask(...args);
const modelDirectories: ModelsFixture['modelDirectories'] = (endpoint) => models.modelDirectories(endpoint);

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

test('a model that takes longer than an invocation may goes on loading; one that never loads is given up, and unloaded', async () => {
  await using impatient = await openModels({
    endpointLimits: { ...limits, invocationMs: 1_500, modelLoadMs: 8_000 },
  });
  await impatient.serveModels('slow', { LOAD_MS: '2200' });
  await expect(impatient.ask('slow', 'a.tar.gz')).rejects.toMatchObject({
    name: 'ModelNotReadyException',
    $metadata: { httpStatusCode: 429 },
  });
  const told = await eventually(() => impatient.ask('slow', 'a.tar.gz'));
  expect(told.calls).toEqual(['POST a.tar.gz']);
  await impatient.serveModels('never', { LOAD_MS: '60000' });
  await eventually(async () => {
    await expect(impatient.ask('never', 'a.tar.gz')).rejects.toMatchObject({
      name: 'ModelError',
      message: expect.stringMatching(/The model was not loaded within 8 seconds/) as string,
    });
  });
  await expect.poll(() => impatient.modelDirectories('never')).toEqual([]);
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

test('many models that wait for the room of one do not stop the server', async () => {
  await serveModels('crowded', { CAPACITY: '0' });
  const names = ['a', 'b', 'c', 'deep/er/d', 'big', 'bigger'];
  const asked = await Promise.allSettled(names.map((name) => ask('crowded', `${name}.tar.gz`)));
  expect(asked.map(({ status }) => status)).toEqual(names.map(() => 'rejected'));
  // One that was still loading when its invocation was over is unloaded after that.
  await expect.poll(() => modelDirectories('crowded')).toEqual([]);
});
