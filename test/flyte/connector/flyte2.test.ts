import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonToStruct } from '../../../src/flyte/connector/literals/struct.ts';
import { loadFlyteidl2 } from '../../../src/flyte/protos/index.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { call, text } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

const PATIENCE = { timeout: 120_000 };

type Service = new (address: string, credentials: unknown) => Client;

let connector: ConnectorFixture;
let tasks: Client;
let metadata: Client;
beforeAll(async () => {
  connector = await startConnector({ platforms: [new FakePlatform()] });
  const { flyteidl2 } = loadPackageDefinition(loadFlyteidl2()) as unknown as {
    flyteidl2: { connector: { AsyncConnectorService: Service; ConnectorMetadataService: Service } };
  };
  const address = `127.0.0.1:${connector.port}`;
  tasks = new flyteidl2.connector.AsyncConnectorService(address, credentials.createInsecure());
  metadata = new flyteidl2.connector.ConnectorMetadataService(address, credentials.createInsecure());
});
afterAll(async () => {
  tasks.close();
  metadata.close();
  await connector[Symbol.asyncDispose]();
});

test('Flyte 2 finds the task types that take their time', async () => {
  const { connectors } = await call<{
    connectors: { name: string; supportedTaskCategories: { name: string }[] }[];
  }>(metadata, 'listConnectors', {});
  const names = connectors.flatMap(({ supportedTaskCategories }) =>
    supportedTaskCategories.map(({ name }) => name),
  );
  expect(names).toEqual(expect.arrayContaining(['sluice_training', 'sluice_pipeline']));
  expect(names).not.toContain('boto');
  expect(await call(metadata, 'getConnector', { name: connectors[0]?.name })).toMatchObject({
    connector: connectors[0],
  });
});

test('a task of Flyte 2 has its inputs and outputs in lists, in no order', async () => {
  const request = {
    inputs: { literals: [{ name: 'data', value: text('s3://bucket/x') }] },
    outputPrefix: 's3://flyte2/out',
    template: {
      type: 'sluice_training',
      id: { project: 'demo', domain: 'development', name: 'train', version: '1' },
      metadata: { runtime: { type: 'FLYTE_SDK', version: '2.0.0', flavor: 'python' } },
      interface: {
        outputs: {
          variables: [
            { key: 'metrics', value: { type: { simple: 'STRUCT' } } },
            { key: 'model', value: { type: { simple: 'STRING' } } },
          ],
        },
      },
      custom: jsonToStruct({
        task: { instanceType: 'ml.m5.large', image: 'train:1', channels: { data: {} } },
      }),
    },
    taskExecutionMetadata: {
      taskExecutionId: {
        nodeExecutionId: {
          nodeId: 'a0',
          executionId: { project: 'demo', domain: 'development', name: 'run1' },
        },
      },
    },
  };
  const { resourceMeta } = await call<{ resourceMeta: Buffer }>(tasks, 'createTask', request);
  expect(await call(tasks, 'createTask', request)).toEqual({ resourceMeta });
  const get = () =>
    call<{ resource: { phase: string; outputs: { literals: { name: string }[] } } }>(tasks, 'getTask', {
      resourceMeta,
    });
  await expect.poll(async () => (await get()).resource.phase, PATIENCE).toBe('SUCCEEDED');
  const { literals } = (await get()).resource.outputs;
  expect(literals.map(({ name }) => name).sort()).toEqual(['metrics', 'model']);
  expect(literals.find(({ name }) => name === 'model')).toMatchObject({ value: text('s3://bucket/out') });
  await call(tasks, 'deleteTask', { resourceMeta });
});
