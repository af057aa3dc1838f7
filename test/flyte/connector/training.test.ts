import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import type { Json } from '../../../src/graph/index.ts';
import { createRequest } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

let connector: ConnectorFixture;
beforeAll(async () => {
  connector = await startConnector();
});
afterAll(() => connector[Symbol.asyncDispose]());

/** A training task whose program is a line of shell. */
function training(
  script: string,
  more: { readonly [key: string]: Json } = {},
): { readonly [key: string]: Json } {
  return { task: { instanceType: 'ml.m5.large', command: ['/bin/sh', '-c', script], ...more } };
}

test('a training task succeeds with typed outputs', async () => {
  const { client } = connector;
  const meta = await client.create(
    createRequest({
      type: 'sluice_training',
      custom: {
        ...training('echo "loss=0.25;"; echo m > /opt/ml/model/model.txt', {
          metricDefinitions: [{ Name: 'loss', Regex: 'loss=(.*?);' }],
        }),
        outputs: { loss: 'metrics.loss', all: 'metrics' },
      },
      inputs: { epochs: { scalar: { primitive: { integer: '3' } } } },
      outputs: { model: { simple: 'STRING' }, loss: { simple: 'FLOAT' }, all: { simple: 'STRUCT' } },
      execution: 'succeeds',
    }),
  );
  const resource = await client.untilEnded(meta);
  expect(resource).toMatchObject({ phase: 'SUCCEEDED' });
  expect(readLiterals(resource.outputs)).toEqual({
    model: expect.stringMatching(/^s3:.*model\.tar\.gz$/),
    loss: 0.25,
    all: { loss: 0.25 },
  });
});
