import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../../src/bundles/manifest.ts';
import { packBundle } from '../../../src/bundles/pack-bundle.ts';
import { readCode } from '../../../src/bundles/read-code.ts';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import { structToJson } from '../../../src/flyte/connector/literals/struct.ts';
import type { Json } from '../../../src/graph/index.ts';
import { createRequest, text } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

let connector: ConnectorFixture;
let digest: string;
let archive: string;
beforeAll(async () => {
  connector = await startConnector();
  const script = 'console.log(`epochs=${process.argv.at(-1)};`);\n';
  const files = await readCode([{ path: 'train.js', source: Buffer.from(script), mode: 0o644 }]);
  digest = digestOf(files);
  const parts: Uint8Array[] = [];
  for await (const part of packBundle(files)) parts.push(part);
  archive = Buffer.concat(parts).toString('base64');
});
afterAll(() => connector[Symbol.asyncDispose]());

/** A task with all that a plugin says of it. */
const custom = (more: { readonly [key: string]: Json } = {}): { readonly [key: string]: Json } => ({
  task: {
    instanceType: 'ml.m5.large',
    script: { entry: 'train.js', bundle: { digest } },
    interface: {
      inputs: { hyperparameters: { type: 'json', required: false } },
      outputs: { model: { type: 'uri' }, output: { type: 'uri' }, metrics: { type: 'json' } },
    },
    channels: {},
    metricDefinitions: [{ Name: 'seen', Regex: 'epochs=(.*?);' }],
  },
  inputs: { rounds: 'hyperparameters.epochs', comment: null },
  outputs: { seen: 'metrics.seen' },
  bundles: { [digest]: archive },
  ...more,
});

test('code that lies in the task runs, and inputs go by the names that the job has for them', async () => {
  const { client } = connector;
  const meta = await client.create(
    createRequest({
      type: 'sluice_training',
      custom: custom(),
      inputs: { rounds: { scalar: { primitive: { integer: '7' } } }, comment: text('none of the job') },
      outputs: { seen: { simple: 'FLOAT' } },
      execution: 'inline',
    }),
  );
  const resource = await client.untilEnded(meta);
  expect(resource).toMatchObject({ phase: 'SUCCEEDED' });
  expect(readLiterals(resource.outputs)).toEqual({ seen: 7 });
  expect(structToJson(resource.customInfo)).toMatchObject({
    costUsd: expect.closeTo(0.0001, 3),
    costIsEstimate: true,
  });
});

test.each<[string, { readonly [key: string]: Json }, string]>([
  ['a list of inputs', { inputs: ['rounds'] }, 'custom.inputs: expected an object, got a list'],
  [
    'an input that is a number',
    { inputs: { rounds: 3 } },
    'custom.inputs.rounds: expected the name of an input',
  ],
  ['an input that the job has not', { inputs: { rounds: 'epoch' } }, 'epoch'],
  [
    'a bundle by another name',
    { bundles: { train: 'AA==' } },
    "custom.bundles: expected names such as 'sha256:…'",
  ],
  [
    'a bundle that is no base64',
    { bundles: { [`sha256:${'0'.repeat(64)}`]: 'é' } },
    'expected an archive as base64',
  ],
  [
    'a bundle that is another',
    { bundles: { [`sha256:${'0'.repeat(64)}`]: 'H4sIAAAAAAAAAwMAAAAAAAAAAAA=' } },
    'BundleInvalid',
  ],
  [
    'bundles that are too large',
    { bundles: { [`sha256:${'0'.repeat(64)}`]: 'A'.repeat(2 ** 20 + 4) } },
    'LimitExceeded',
  ],
])('%s is a task that has failed, and says why', async (name, more, message) => {
  const { client } = connector;
  const meta = await client.create(
    createRequest({
      type: 'sluice_training',
      custom: custom(more),
      inputs: { rounds: { scalar: { primitive: { integer: '7' } } } },
      execution: name.replaceAll(' ', '-'),
    }),
  );
  const resource = await client.get(meta);
  expect(resource).toMatchObject({ phase: 'FAILED', message: expect.stringContaining(message) });
});
