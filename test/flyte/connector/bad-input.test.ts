import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadAgentProtos } from '../../../src/flyte/connector/grpc/load-protos.ts';
import type { Literal } from '../../../src/flyte/connector/messages.ts';
import { writeResourceMeta } from '../../../src/flyte/connector/resource-meta.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { createRequest, type TaskSpec, text } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

let connector: ConnectorFixture;
beforeAll(async () => {
  connector = await startConnector({ platforms: [new FakePlatform()] });
});
afterAll(() => connector[Symbol.asyncDispose]());

const task = { instanceType: 'ml.m5.large', image: 'train:1' };

const requests: readonly (readonly [string, Partial<TaskSpec>, string])[] = [
  ['an unknown task type', { type: 'sluice_trainig' }, "Did you mean 'sluice_training'?"],
  ['a template without config', { custom: {} }, 'custom.task: expected the training task, got nothing.'],
  ['a task that is a text', { custom: { task: 'train.py' } }, "got 'train.py'"],
  [
    'a task of another type',
    { custom: { task: { ...task, type: 'processing' } } },
    "custom.task.type: expected 'training'",
  ],
  ['a task without instances', { custom: { task: { image: 'train:1' } } }, 'instanceType'],
  ['a field that nobody knows', { custom: { task: { ...task, instanceTyp: 'x' } } }, 'instanceTyp'],
  [
    'a platform that is not there',
    { custom: { task: { ...task, platform: 'mars' } } },
    "there is no platform 'mars'",
  ],
  [
    'a platform that has no settings',
    { custom: { task: { ...task, platform: 'kubernetes' } } },
    "the platform 'kubernetes' is not enabled: give it settings",
  ],
  [
    'code of a machine',
    { custom: { task: { ...task, script: { entry: 'a.py', directory: '/home/me', whole: true } } } },
    'script',
  ],
  [
    'code that was not uploaded',
    {
      custom: {
        task: { ...task, script: { entry: 'a.py', bundle: { digest: `sha256:${'0'.repeat(64)}` } } },
      },
    },
    'BundleNotFound',
  ],
  [
    'data of a machine',
    { custom: { task: { ...task, channels: { data: {} } } }, inputs: { data: text('file:///etc/passwd') } },
    'is a place of a machine',
  ],
  [
    'a literal of the wrong type',
    {
      custom: { task: { ...task, channels: { data: {} } } },
      inputs: { data: { scalar: { primitive: { integer: '7' } } } },
    },
    "the input 'data': expected a URI",
  ],
  [
    'a literal that cannot be read',
    { inputs: { data: { scalar: { binary: { value: Buffer.of(0xc1), tag: 'msgpack' } } } } },
    "The input 'data' cannot be read",
  ],
  [
    'an output that no job makes',
    { outputs: { a: { simple: 'STRING' }, b: { simple: 'STRING' } } },
    "declares an output 'a'",
  ],
  [
    'an output that is named wrongly',
    { custom: { task, outputs: { a: 'modl' } }, outputs: { a: { simple: 'STRING' } } },
    "Did you mean 'model'?",
  ],
  [
    'a pipeline without a graph',
    { type: 'sluice_pipeline', custom: {} },
    'custom.graph: expected a graph, got nothing.',
  ],
  [
    'a graph of no form',
    { type: 'sluice_pipeline', custom: { graph: { version: 2 } } },
    'The graph has not the right form',
  ],
];

test.each(requests)('%s: FAILED with its reason', async (name, spec, reason) => {
  const { client } = connector;
  const meta = await client.create(
    createRequest({
      type: 'sluice_training',
      custom: { task },
      execution: name.replaceAll(' ', '-'),
      ...spec,
    }),
  );
  const { phase, message } = await client.untilEnded(meta);
  expect([phase, message]).toEqual(['FAILED', expect.stringContaining(reason)]);
});

test('a request without a template: FAILED with its reason', async () => {
  const { client } = connector;
  const meta = await client.create({});
  expect(await client.get(meta)).toMatchObject({
    phase: 'FAILED',
    message: expect.stringContaining('no template with a type'),
  });
});

/** The bytes of a request whose input is a list in a list, and so on: no client of Node's writes them. */
function nestedRequest(levels: number): Buffer {
  const field = (number: number, bytes: Buffer): Buffer => {
    const head = [number * 8 + 2];
    for (let left = bytes.length; ; left = Math.floor(left / 128)) {
      head.push((left % 128) + (left > 127 ? 128 : 0));
      if (left <= 127) return Buffer.concat([Buffer.from(head), bytes]);
    }
  };
  let literal = field(1, field(1, field(4, Buffer.from('deep'))));
  for (let level = 0; level < levels; level++) literal = field(2, field(1, literal));
  return field(1, field(1, Buffer.concat([field(1, Buffer.from('deep')), field(2, literal)])));
}

test.each([60, 3000])('an input nested %i levels: FAILED with its reason', async (levels) => {
  const { client, port } = connector;
  const raw = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const service = loadAgentProtos()['flyteidl.service.AsyncAgentService'] as ServiceDefinition;
  raw.makeUnaryRequest(
    '/flyteidl.service.AsyncAgentService/CreateTask',
    (bytes: Buffer) => bytes,
    (bytes) => service['CreateTask']?.responseDeserialize(bytes) as { resourceMeta: Buffer },
    nestedRequest(levels),
    (error, answer) => (answer ? resolve(answer.resourceMeta) : reject(error as Error)),
  );
  const meta = await promise;
  raw.close();
  expect(await client.get(meta)).toMatchObject({
    phase: 'FAILED',
    message: expect.stringContaining('cannot be read: maximum nesting depth exceeded'),
  });
  await client.delete(meta);
});

/** A list in a list, and so on. */
function nested(levels: number): Literal {
  let literal = text('deep');
  for (let level = 0; level < levels; level++) literal = { collection: { literals: [literal] } };
  return literal;
}

test('an input nested 40 levels is read', async () => {
  const meta = await connector.client.create(
    createRequest({
      type: 'sluice_training',
      custom: { task },
      inputs: { deep: nested(40) },
      execution: 'less-deep',
    }),
  );
  expect(await connector.client.untilEnded(meta)).toMatchObject({ phase: 'SUCCEEDED' });
});

test('an output of another type than declared: FAILED once the job has succeeded', async () => {
  const { client } = connector;
  const meta = await client.create(
    createRequest({
      type: 'sluice_training',
      custom: { task },
      outputs: { model: { simple: 'INTEGER' } },
      execution: 'typed',
    }),
  );
  expect(await client.untilEnded(meta)).toMatchObject({
    phase: 'FAILED',
    message: expect.stringContaining("OutputInvalid: The output 'model' is declared as INTEGER"),
  });
});

const foreign = writeResourceMeta(
  { type: 'sluice_training', handle: { run: 'x' }, outputs: {}, encoding: 'generic' },
  'other',
);
test.each([
  [
    'of another version',
    Buffer.from('{"version":2,"body":{},"signature":""}'),
    'it is of version 2, this connector reads 1',
  ],
  ['of another connector', Buffer.from('{"job_name":"x"}'), 'it is of version none'],
  ['signed by somebody else', foreign, 'its signature is not of this connector'],
  ['that is no JSON', Buffer.of(0xff, 0), 'cannot be read'],
  ['that is empty', Buffer.alloc(0), 'cannot be read'],
])('a resource_meta %s: FAILED with its reason', async (_, meta, reason) => {
  const { client } = connector;
  expect(await client.get(meta)).toMatchObject({ phase: 'FAILED', message: expect.stringContaining(reason) });
  await expect(client.logs({ resourceMeta: meta })).rejects.toThrow('INVALID_ARGUMENT');
  await expect(client.metrics(meta)).rejects.toThrow('INVALID_ARGUMENT');
});

test('a run that was removed: FAILED with its reason', async () => {
  const { client, home } = connector;
  const meta = await client.create(
    createRequest({ type: 'sluice_training', custom: { task }, execution: 'removed' }),
  );
  await client.untilEnded(meta);
  const { run } = JSON.parse(meta.toString()).body.handle as { run: string };
  const { deleteRun } = await import('../../../src/state/index.ts');
  await deleteRun(home.state, run);
  expect(await client.get(meta)).toMatchObject({
    phase: 'FAILED',
    message: expect.stringContaining('RunNotFound'),
  });
});
