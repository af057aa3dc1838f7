import { CreateEndpointCommand, UpdateEndpointWeightsAndCapacitiesCommand } from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
} from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createConfig,
  createModel,
  deploy,
  eventually,
  invoke,
  untilStatus,
} from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

/** A server in one file, run by the configuration in place of an image: it tells the headers that it was sent. */
const HEADER_SERVER = `
  require('node:http').createServer((request, response) => {
    if (request.url === '/ping') return response.end();
    const answer = {
      'content-type': 'text/plain',
      'x-amzn-sagemaker-custom-attributes': 'seen=' + request.headers['x-amzn-sagemaker-custom-attributes'],
      'x-secret': 'not passed on',
    };
    const text = JSON.stringify(request.headers);
    request.resume();
    request.on('end', () => {
      response.writeHead(request.headers.accept === 'redirect' ? 302 : 200, answer);
      response.write(text.slice(0, 5));
      setImmediate(() => response.end(text.slice(5)));
    });
  }).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');`;

const HEADER_IMAGE = 'example.com/headers:1';
let fixture: RuntimeFixture;

beforeAll(async () => {
  const rule = { pattern: HEADER_IMAGE, directory: process.cwd(), serve: ['node', '-e', HEADER_SERVER] };
  fixture = await openRuntime({
    configuration: { images: [rule], frameworks: { missingPackages: 'report' } },
    endpointLimits: { invocationMs: 10_000 },
  });
  await createModel(fixture, 'one');
  await createModel(fixture, 'two');
  await createModel(fixture, 'headers', { image: HEADER_IMAGE });
  await Promise.all([
    deploy(fixture, 'single', [{ VariantName: 'one' }]),
    deploy(fixture, 'weighted', [
      { VariantName: 'one', InitialVariantWeight: 3 },
      { VariantName: 'two', InitialVariantWeight: 1 },
    ]),
    deploy(fixture, 'headers', [{ VariantName: 'headers' }]),
  ]);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const CONSOLE =
  'See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/sagemaker/Endpoints/single in account 123456789012 for more information.';

describe('an invocation', () => {
  test('is answered by the model, which has its files and its environment', async () => {
    expect(await invoke(fixture, 'single', { x: [1, 2] })).toEqual({
      name: 'one',
      port: expect.any(Number),
      word: 'word of one',
      input: { x: [1, 2] },
      variant: 'one',
    });
  });

  test('goes to variants by weight', async () => {
    const counts: Record<string, number> = {};
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => invoke(fixture, 'weighted', {})));
      for (const { variant, name } of answers) {
        expect(variant).toBe(name);
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
    // 300 are expected; to be further away than this is less likely than one in a million.
    expect(counts['one']).toBeGreaterThan(255);
    expect(counts['one']).toBeLessThan(345);
  });

  test('goes to the variant that it names', async () => {
    for (const variant of ['one', 'two', 'two', 'one']) {
      const answer = await invoke(fixture, 'weighted', {}, { TargetVariant: variant });
      expect(answer).toMatchObject({ variant, name: variant });
    }
  });

  test('brings its headers to the model, and those of the model back', async () => {
    const answer = await fixture.runtime.send(
      new InvokeEndpointCommand({
        EndpointName: 'headers',
        Body: 'a,b',
        ContentType: 'text/csv',
        Accept: 'text/plain',
        CustomAttributes: 'trace=7',
        InferenceId: 'inference-1',
      }),
    );
    expect(answer).toMatchObject({ ContentType: 'text/plain', CustomAttributes: 'seen=trace=7' });
    const sent = JSON.parse(Buffer.from(answer.Body).toString('utf8')) as Record<string, string>;
    expect(sent).toMatchObject({
      'content-type': 'text/csv',
      accept: 'text/plain',
      'content-length': '3',
      'x-amzn-sagemaker-custom-attributes': 'trace=7',
      'x-amzn-sagemaker-inference-id': 'inference-1',
    });
    expect(Object.keys(sent)).not.toContain('authorization');
  });

  test('of the largest size comes through, and a large answer comes back', async () => {
    const body = JSON.stringify({ x: 'x'.repeat(6_291_456 - 8) });
    expect(Buffer.byteLength(body)).toBe(6_291_456);
    const { input } = await invoke(fixture, 'single', undefined, { Body: body });
    expect((input as { x: string }).x).toHaveLength(6_291_448);
  });

  test('comes back as a stream of events where that is asked for', async () => {
    const answer = await fixture.runtime.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: 'headers',
        Body: 'x',
        ContentType: 'text/csv',
        Accept: 'text/plain',
      }),
    );
    expect(answer).toMatchObject({ ContentType: 'text/plain', InvokedProductionVariant: 'headers' });
    const parts: Buffer[] = [];
    for await (const { PayloadPart: part } of answer.Body ?? []) parts.push(Buffer.from(part?.Bytes ?? []));
    const sent = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, string>;
    expect(sent['accept']).toBe('text/plain');
    expect(parts.length).toBeGreaterThan(1);
  });
});

describe('an invocation fails', () => {
  test.each([
    ['absent', {}, 'ValidationError', 'Endpoint absent of account 123456789012 not found.', 400],
    [
      'single',
      { TargetVariant: 'none' },
      'ValidationError',
      'Variant none of endpoint single of account 123456789012 not found.',
      400,
    ],
    [
      'single',
      { TargetModel: 'm.tar.gz' },
      'ValidationError',
      'Endpoint single is not a multi-model endpoint and does not support target model header.',
      400,
    ],
    [
      'single',
      { InferenceComponentName: 'c' },
      'ValidationError',
      'Sluice does not serve inference components.',
      400,
    ],
    [
      '-x-',
      {},
      'ValidationError',
      "1 validation error detected: Value '-x-' at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*",
      400,
    ],
    [
      'single',
      { InferenceId: 'i'.repeat(65) },
      'ValidationError',
      `1 validation error detected: Value '${'i'.repeat(65)}' at 'inferenceId' failed to satisfy constraint: Member must have length less than or equal to 64`,
      400,
    ],
    [
      'single',
      { Body: JSON.stringify({ fail: 'no luck' }) },
      'ModelError',
      `Received server error (500) from primary with message "no luck\n". ${CONSOLE}`,
      424,
    ],
    [
      'single',
      { Body: JSON.stringify({ fail: 'bad row', status: 422 }) },
      'ModelError',
      `Received client error (422) from primary with message "bad row\n". ${CONSOLE}`,
      424,
    ],
    [
      'single',
      { Body: '{' },
      'ModelError',
      expect.stringMatching(/^Received client error \(400\) from primary with message ".*JSON/),
      424,
    ],
    [
      'single',
      { Body: JSON.stringify({ fail: 'x'.repeat(100_000) }) },
      'ModelError',
      `Received server error (500) from primary and could not load the entire response body. ${CONSOLE}`,
      424,
    ],
    [
      'single',
      { Body: JSON.stringify({ sleep: 60_000 }) },
      'ModelError',
      `Received server error (0) from primary with message "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.". ${CONSOLE}`,
      424,
    ],
  ])('%s with %o is a %s', async (endpoint, more, name, message, status) => {
    await expect(invoke(fixture, endpoint, {}, more)).rejects.toMatchObject({
      name,
      message,
      $metadata: { httpStatusCode: status },
    });
  });

  test('with what the model said, and where its log is', async () => {
    const failed = invoke(fixture, 'single', { fail: 'no luck' });
    await expect(failed).rejects.toMatchObject({
      OriginalStatusCode: 500,
      OriginalMessage: 'no luck\n',
      LogStreamArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/single',
    });
  });

  test('when its body is larger than 6 MiB', async () => {
    const response = await fetch(`${fixture.api.url}/endpoints/single/invocations`, {
      method: 'POST',
      body: Buffer.alloc(6_291_457),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: 'HTTP content length exceeded 6291456 bytes.' });
  });

  test('when it is asynchronous, which is not served', async () => {
    const response = await fetch(`${fixture.api.url}/endpoints/single/async-invocations`, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('ValidationError');
  });

  test('while its endpoint is being created, as if there were none', async () => {
    await createModel(fixture, 'slow', {
      code: 'await new Promise((done) => setTimeout(done, 600_000));',
    });
    await createConfig(fixture, 'slow', [{ VariantName: 'slow' }]);
    await fixture.client.send(
      new CreateEndpointCommand({ EndpointName: 'slow', EndpointConfigName: 'slow' }),
    );
    await expect(invoke(fixture, 'slow', {})).rejects.toMatchObject({
      message: 'Endpoint slow of account 123456789012 not found.',
    });
  });
});

test('a client that goes away does not keep the model’s answer', async () => {
  const controller = new AbortController();
  const gone = fetch(`${fixture.api.url}/endpoints/single/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sleep: 8_000 }),
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 50);
  await expect(gone).rejects.toThrow('aborted');
  const instance = fixture.api.jobs.jobs.endpoints.route('single')?.variant('one')?.instances[0];
  await eventually(async () => expect(instance?.active).toBe(0));
  expect(await invoke(fixture, 'single', {})).toMatchObject({ name: 'one' });
});

test('several instances share the work; weights and numbers of instances can change', async () => {
  const servers = async (): Promise<number> => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => invoke(fixture, 'scaled', { sleep: 1_000 })),
    );
    return new Set(answers.map(({ port }) => port)).size;
  };
  await deploy(fixture, 'scaled', [
    { VariantName: 'one', InitialInstanceCount: 2 },
    { VariantName: 'two', InitialVariantWeight: 0 },
  ]);
  expect(await servers()).toBe(2);
  await fixture.client.send(
    new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName: 'scaled',
      DesiredWeightsAndCapacities: [
        { VariantName: 'one', DesiredInstanceCount: 1, DesiredWeight: 0 },
        { VariantName: 'two', DesiredInstanceCount: 3, DesiredWeight: 1 },
      ],
    }),
  );
  const { ProductionVariants: variants } = await untilStatus(fixture, 'scaled', 'InService');
  expect(variants).toMatchObject([
    { VariantName: 'one', CurrentInstanceCount: 1, CurrentWeight: 0 },
    { VariantName: 'two', CurrentInstanceCount: 3, CurrentWeight: 1 },
  ]);
  expect(await servers()).toBe(3);
  expect(await invoke(fixture, 'scaled', {})).toMatchObject({ variant: 'two' });
});

test('invocations are counted as the metrics of their endpoint, with their latencies', async () => {
  const at = Date.now();
  await deploy(fixture, 'counted', [{ VariantName: 'headers' }]);
  const send = (Accept: string) =>
    fixture.runtime.send(
      new InvokeEndpointCommand({ EndpointName: 'counted', Body: 'a', ContentType: 'text/csv', Accept }),
    );
  for (let round = 0; round < 3; round++) await send('text/plain');
  await expect(send('redirect')).rejects.toMatchObject({ name: 'ModelError' });
  const statistics = async (MetricName: string) => {
    const response = await fetch(fixture.api.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricStatistics' },
      body: JSON.stringify({
        Namespace: 'AWS/SageMaker',
        MetricName,
        Dimensions: [
          { Name: 'EndpointName', Value: 'counted' },
          { Name: 'VariantName', Value: 'headers' },
        ],
        StartTime: at / 1000 - 120,
        EndTime: at / 1000 + 3600,
        Period: 7200,
        Statistics: ['Sum', 'SampleCount', 'Minimum'],
      }),
    });
    const { Datapoints = [] } = (await response.json()) as { readonly Datapoints?: Record<string, number>[] };
    return {
      sum: Datapoints.reduce((all, { Sum = 0 }) => all + Sum, 0),
      count: Datapoints.reduce((all, { SampleCount = 0 }) => all + SampleCount, 0),
    };
  };
  // An invocation is over, and counted, a moment after its client has the answer.
  await eventually(async () => expect(await statistics('Invocations')).toEqual({ sum: 4, count: 4 }));
  expect(await statistics('InvocationModelErrors')).toEqual({ sum: 1, count: 4 });
  expect(await statistics('Invocation5XXErrors')).toEqual({ sum: 0, count: 4 });
  const latency = await statistics('ModelLatency');
  expect(latency.count).toBe(4);
  expect(latency.sum).toBeGreaterThan(0);
});
