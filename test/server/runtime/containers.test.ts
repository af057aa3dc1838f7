import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  type ContainerDefinition,
  CreateEndpointCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  DescribeModelCommand,
  type InferenceExecutionMode,
  UpdateEndpointCommand,
  waitUntilEndpointDeleted,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  InvokeEndpointWithResponseStreamCommand,
} from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConfig, createModel, deploy, eventually, untilStatus } from '../../harness/endpoints.ts';
import { credentials } from '../harness.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

const ECHO = fileURLToPath(new URL('../../fixtures/serving/echo-server.cjs', import.meta.url));
const IMAGE = 'example.com/echo:1';
const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** What a container of ECHO tells. */
interface Echo {
  readonly name: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let fixture: RuntimeFixture;
beforeAll(async () => {
  const rule = { pattern: IMAGE, directory: process.cwd(), serve: ['node', ECHO] };
  fixture = await openRuntime({
    configuration: { images: [rule], frameworks: { missingPackages: 'report' } },
    endpointLimits: { stopGraceMs: 2_000, passedOnBytes: 100_000 },
  });
  const named = [container('first'), container('second', { FAIL: 'bad', STATUS: '422' }), container('third')];
  await createContainers('serial', named);
  await createContainers('unnamed', [echo('a'), echo('b', { FAIL: 'bad' })]);
  await createContainers('direct', named, 'Direct');
  await createModel(fixture, 'plain');
  for (const name of ['serial', 'unnamed', 'direct', 'plain'])
    await deploy(fixture, name, [{ VariantName: name }]);
});
afterAll(() => fixture[Symbol.asyncDispose]());

function echo(name: string, environment: Record<string, string> = {}): ContainerDefinition {
  return { Image: IMAGE, Environment: { NAME: name, TYPE: `application/${name}`, ...environment } };
}

function container(name: string, environment: Record<string, string> = {}): ContainerDefinition {
  return { ...echo(name, environment), ContainerHostname: name };
}

async function createContainers(
  name: string,
  Containers: ContainerDefinition[],
  Mode?: InferenceExecutionMode,
): Promise<void> {
  const InferenceExecutionConfig = Mode && { Mode };
  const request = { ModelName: name, Containers, InferenceExecutionConfig, ExecutionRoleArn: ROLE };
  await fixture.client.send(new CreateModelCommand(request));
}

async function ask(endpoint: string, more: Partial<InvokeEndpointCommandInput> = {}) {
  const answer = await fixture.runtime.send(
    new InvokeEndpointCommand({ EndpointName: endpoint, Body: 'a,b', ContentType: 'text/csv', ...more }),
  );
  return { ...answer, echo: JSON.parse(Buffer.from(answer.Body).toString('utf8')) as Echo };
}

const consoleOf = (endpoint: string): string =>
  `See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/sagemaker/Endpoints/${endpoint} in account 123456789012 for more information.`;

describe('an inference pipeline', () => {
  test('sends the answer of each container to the next one, with its content type', async () => {
    const answer = await ask('serial', {
      Accept: 'text/plain',
      CustomAttributes: 'trace=7',
      InferenceId: 'i1',
    });
    expect(answer).toMatchObject({
      ContentType: 'application/third',
      CustomAttributes: 'by=third',
      InvokedProductionVariant: 'serial',
    });
    const third = answer.echo;
    const second = JSON.parse(third.body) as Echo;
    const first = JSON.parse(second.body) as Echo;
    expect([first.name, second.name, third.name]).toEqual(['first', 'second', 'third']);
    expect(new Set([first.port, second.port, third.port]).size).toBe(3);
    expect([first, second, third].map(({ headers }) => headers['content-type'])).toEqual([
      'text/csv',
      'application/first',
      'application/second',
    ]);
    expect([first, second, third].map(({ headers }) => headers['accept'])).toEqual([
      undefined,
      undefined,
      'text/plain',
    ]);
    for (const { headers } of [first, second, third]) {
      expect(headers).toMatchObject({
        'x-amzn-sagemaker-custom-attributes': 'trace=7',
        'x-amzn-sagemaker-inference-id': 'i1',
      });
    }
    expect(first.body).toBe('a,b');
  });

  test('streams what the last container answers', async () => {
    const answer = await fixture.runtime.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: 'serial',
        Body: 'x',
        Accept: 'text/plain',
      }),
    );
    const parts: Buffer[] = [];
    for await (const { PayloadPart: part } of answer.Body ?? []) parts.push(Buffer.from(part?.Bytes ?? []));
    expect(JSON.parse(Buffer.concat(parts).toString('utf8'))).toMatchObject({ name: 'third' });
  });

  test('ends at the container that refuses, and says which', async () => {
    await expect(ask('serial', { Body: 'bad' })).rejects.toMatchObject({
      name: 'ModelError',
      message: `Received client error (422) from second with message "no luck". ${consoleOf('serial')}`,
      OriginalStatusCode: 422,
      OriginalMessage: 'no luck',
      LogStreamArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/serial',
      $metadata: { httpStatusCode: 424 },
    });
    await expect(ask('unnamed', { Body: 'bad' })).rejects.toMatchObject({
      message: `Received server error (500) from container_2 with message "no luck". ${consoleOf('unnamed')}`,
    });
  });

  test('does not pass on an answer that is too large', async () => {
    await expect(ask('serial', { Body: 'x'.repeat(100_000) })).rejects.toMatchObject({
      name: 'ModelError',
      message: `Received server error (200) from first with message "The answer has more than 100000 bytes.". ${consoleOf('serial')}`,
    });
  });

  test('starts a container again that has ended; the others stay', async () => {
    const before = (await ask('unnamed')).echo;
    await expect(ask('unnamed', { Body: 'exit' })).rejects.toMatchObject({ name: 'ModelError' });
    const after = await eventually(async () => (await ask('unnamed')).echo);
    expect(after.port).toBe(before.port);
    expect((JSON.parse(after.body) as Echo).port).not.toBe((JSON.parse(before.body) as Echo).port);
  });

  test('has a log for each container', async () => {
    const logs = new CloudWatchLogsClient({ endpoint: fixture.api.url, region: 'us-east-1', credentials });
    try {
      const group = { logGroupName: '/aws/sagemaker/Endpoints/serial' };
      const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand(group));
      const names = logStreams.map(({ logStreamName: name }) => name as string);
      expect(names.map((name) => name.replace(/i-0[0-9a-f]{16}/, 'ID'))).toEqual([
        'serial/ID/first',
        'serial/ID/second',
        'serial/ID/third',
      ]);
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ ...group, logStreamNames: [names[1] as string] }),
      );
      expect(events).toMatchObject([{ logStreamName: names[1], message: 'starting second' }]);
    } finally {
      logs.destroy();
    }
  });

  test('is described with its containers', async () => {
    const model = await fixture.client.send(new DescribeModelCommand({ ModelName: 'direct' }));
    expect(model.Containers?.map(({ ContainerHostname: name }) => name)).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(model.InferenceExecutionConfig).toEqual({ Mode: 'Direct' });
    const endpoint = await fixture.client.send(new DescribeEndpointCommand({ EndpointName: 'serial' }));
    expect(endpoint.ProductionVariants?.[0]?.DeployedImages).toHaveLength(3);
  });

  test('fails with the name of the container that does not start', async () => {
    await createContainers('broken', [container('good'), container('bad', { BROKEN: 'yes' })]);
    await createConfig(fixture, 'broken', [{ VariantName: 'broken' }]);
    const names = { EndpointName: 'broken', EndpointConfigName: 'broken' };
    await fixture.client.send(new CreateEndpointCommand(names));
    await expect(untilStatus(fixture, 'broken', 'InService')).rejects.toThrow(
      'The bad container for production variant broken did not pass the ping health check.',
    );
  });

  test('is updated to another model and deleted, and nothing of it stays but its logs', async () => {
    await deploy(fixture, 'changing', [{ VariantName: 'serial' }]);
    expect((await ask('changing')).echo.name).toBe('third');
    const names = { EndpointName: 'changing', EndpointConfigName: 'unnamed' };
    await fixture.client.send(new UpdateEndpointCommand(names));
    await untilStatus(fixture, 'changing', 'InService');
    expect((await ask('changing')).echo.name).toBe('b');
    await fixture.client.send(new DeleteEndpointCommand(names));
    const wait = { client: fixture.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
    await waitUntilEndpointDeleted(wait, names);
    const directory = join(fixture.api.jobs.home, 'jobs', 'endpoint', 'changing');
    for (const variant of ['serial', 'unnamed'])
      expect(readdirSync(join(directory, variant))).toEqual(['logs']);
  });
});

describe('direct invocation', () => {
  test.each(['first', 'second', 'third', 'first'])('goes to %s alone', async (name) => {
    const { echo: told } = await ask('direct', { TargetContainerHostname: name, Accept: 'text/plain' });
    expect(told).toMatchObject({ name, body: 'a,b', headers: { accept: 'text/plain' } });
  });

  test('also comes back as a stream of events', async () => {
    const answer = await fixture.runtime.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: 'direct',
        TargetContainerHostname: 'second',
        Body: 'x',
      }),
    );
    const parts: Buffer[] = [];
    for await (const { PayloadPart: part } of answer.Body ?? []) parts.push(Buffer.from(part?.Bytes ?? []));
    expect(JSON.parse(Buffer.concat(parts).toString('utf8'))).toMatchObject({ name: 'second' });
  });

  test.each([
    [
      'direct',
      undefined,
      'Endpoint direct is configured for direct invocation: the request must name a container in the target container hostname header, one of first, second, third.',
    ],
    ['direct', 'fourth', 'Container fourth of endpoint direct not found. It has first, second, third.'],
    [
      'serial',
      'first',
      'Endpoint serial is not configured for direct invocation and does not support target container hostname header.',
    ],
    [
      'plain',
      'first',
      'Endpoint plain is not configured for direct invocation and does not support target container hostname header.',
    ],
  ])('at endpoint %s of container %s is refused', async (endpoint, name, message) => {
    await expect(ask(endpoint, { TargetContainerHostname: name })).rejects.toMatchObject({
      name: 'ValidationError',
      message,
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('does not wait for containers that it does not name', async () => {
    await expect(ask('direct', { TargetContainerHostname: 'third', Body: 'exit' })).rejects.toMatchObject({
      message: `Received server error (0) from third with message "The container closed the connection.". ${consoleOf('direct')}`,
    });
    expect((await ask('direct', { TargetContainerHostname: 'first' })).echo.name).toBe('first');
    await eventually(() => ask('direct', { TargetContainerHostname: 'third' }));
  });
});
