import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateModelCommand,
  DeleteEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
  waitUntilEndpointDeleted,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProcessExecutor } from '../../../src/executors/index.ts';
import { createModel, deploy, eventually, untilStatus } from '../../harness/endpoints.ts';
import type { RuntimeFixture } from './harness.ts';
import { IMAGE, type ModelsFixture, openModels, ROLE } from './models-fixture.ts';

let models: ModelsFixture;
let fixture: RuntimeFixture;
beforeAll(async () => {
  models = await openModels({ endpointLimits: { stopGraceMs: 2_000 } });
  fixture = models.fixture;
  await createModel(fixture, 'plain');
});
afterAll(() => models[Symbol.asyncDispose]());

const serveModels: ModelsFixture['serveModels'] = (...args) => models.serveModels(...args);
const ask: ModelsFixture['ask'] = (...args) => models.ask(...args);
const modelDirectories: ModelsFixture['modelDirectories'] = (endpoint) => models.modelDirectories(endpoint);

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
  await using plain = await openModels({ executor: createProcessExecutor() });
  await plain.serveModels('process');
  const told = await plain.ask('process', 'a.tar.gz');
  expect(told.word).toBe('word of a');
  expect(told.url.startsWith(join(plain.fixture.api.jobs.home, 'jobs', 'endpoint', 'process'))).toBe(true);
  expect(told.url.endsWith(join('opt', 'ml', 'models', told.id, 'model'))).toBe(true);
});
