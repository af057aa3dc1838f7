import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import { structToJson } from '../../../src/flyte/connector/literals/struct.ts';
import type { Container } from '../../../src/flyte/connector/messages.ts';
import { loadProtos, messageCodec } from '../../../src/flyte/protos/index.ts';
import { createRequest, type TaskSpec, text } from '../../harness/flyte-client.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';

let connector: ConnectorFixture;
beforeAll(async () => {
  connector = await startConnector();
  const { stores } = connector.home;
  await stores.store('data').createBucket('data');
  await stores.store('data').put('data', 'words/a.txt', Buffer.from('one\ntwo\n'));
});
afterAll(() => connector[Symbol.asyncDispose]());

const instanceType = 'ml.m5.large';
const sh = (script: string): string[] => ['/bin/sh', '-c', script];

async function run(spec: TaskSpec) {
  const { client } = connector;
  const meta = await client.create(createRequest(spec));
  return { meta, resource: await client.untilEnded(meta) };
}

test('a training job: values are hyperparameters, metrics and log are told, its cost too', async () => {
  const { client } = connector;
  const { meta, resource } = await run({
    type: 'sluice_training',
    custom: {
      task: {
        instanceType,
        command: sh(
          'cat /opt/ml/input/config/hyperparameters.json; echo; cat /opt/ml/input/data/words/a.txt; echo "loss=0.25;"; echo m > /opt/ml/model/m',
        ),
        channels: { words: {} },
        metricDefinitions: [{ Name: 'loss', Regex: 'loss=(.*?);' }],
      },
      outputs: { loss: 'metrics.loss', all: 'metrics' },
    },
    inputs: {
      words: text('s3://data/words/'),
      epochs: { scalar: { primitive: { integer: '3' } } },
      note: { scalar: { noneType: {} } },
    },
    outputs: { model: { simple: 'STRING' }, loss: { simple: 'FLOAT' }, all: { simple: 'STRUCT' } },
    execution: 'training',
  });
  expect(resource).toMatchObject({ phase: 'SUCCEEDED' });
  expect(readLiterals(resource.outputs)).toEqual({
    model: expect.stringMatching(/^s3:.*model\.tar\.gz$/),
    loss: 0.25,
    all: { loss: 0.25 },
  });
  expect(structToJson(resource.customInfo)).toMatchObject({
    platform: 'local',
    job: expect.stringMatching(/^training-n0-0-/),
    costUsd: expect.any(Number),
  });
  expect(await client.metrics(meta)).toEqual([
    {
      metric: 'loss',
      data: { resultType: 'scalar', result: [{ metric: { __name__: 'loss' }, value: 0.25 }] },
    },
  ]);
  expect(await client.metrics(meta, ['other'])).toEqual([]);
  const { lines, token } = await client.logs({ resourceMeta: meta });
  expect(lines).toEqual(expect.arrayContaining(['one', 'two', expect.stringContaining('"epochs":"3"')]));
  const first = await client.logs({ resourceMeta: meta, lines: '1' });
  expect(first.lines).toHaveLength(1);
  const rest = await client.logs({ resourceMeta: meta, token: first.token as string });
  expect([...first.lines, ...rest.lines]).toEqual(lines);
  expect(await client.logs({ resourceMeta: meta, token: token as string })).toEqual({ lines: [], token });
});

test('a processing job: files are inputs, values are parameters, outputs are places', async () => {
  const { resource } = await run({
    type: 'sluice_processing',
    custom: {
      task: {
        instanceType,
        command: sh(
          'cp /opt/ml/processing/input/words/a.txt /opt/ml/processing/output/counted/; echo "{\\"lines\\": 2, \\"p\\": $SLUICE_PARAMETERS_0}" > /opt/ml/processing/output/counted/c.json',
        ),
        outputs: { counted: {} },
        propertyFiles: { lines: { outputName: 'counted', path: 'c.json' } },
      },
      outputs: { folder: 'counted', lines: 'lines.lines', least: 'lines.p.least' },
    },
    inputs: {
      words: {
        scalar: {
          blob: { uri: 's3://data/words', metadata: { type: { format: '', dimensionality: 'MULTIPART' } } },
        },
      },
      least: { scalar: { primitive: { integer: '1' } } },
    },
    outputs: {
      folder: { blob: { format: '', dimensionality: 'MULTIPART' } },
      lines: { simple: 'INTEGER' },
      least: { simple: 'INTEGER' },
    },
    execution: 'processing',
  });
  expect(resource.message ?? '').toBe('');
  expect(readLiterals(resource.outputs)).toEqual({
    folder: expect.stringMatching(/^s3:\/\/.*counted$/),
    lines: 2,
    least: 1,
  });
});

test('a pipeline: the whole graph is one task, on the platform that it names', async () => {
  const job = (name: string, command: string, inputs: Record<string, object>) => ({
    type: 'processing',
    name,
    instanceType,
    instanceCount: 1,
    volumeSizeInGB: 30,
    environment: {},
    maxRuntimeInSeconds: 600,
    command: sh(command),
    inputs: Object.fromEntries(
      Object.keys(inputs).map((each) => [
        each,
        { localPath: `/opt/ml/processing/input/${each}`, inputMode: 'File' },
      ]),
    ),
    outputs: { out: { localPath: '/opt/ml/processing/output/out', uploadMode: 'EndOfJob' } },
    propertyFiles: {},
    interface: { inputs, outputs: { out: { type: 'uri' } } },
  });
  const uri = { type: 'uri' };
  const graph = {
    version: 2,
    name: 'flow',
    interface: { inputs: { words: uri }, outputs: { result: uri } },
    outputs: { result: { node: 'b', output: 'out' } },
    tasks: {
      first: job('first', 'cp /opt/ml/processing/input/words/a.txt /opt/ml/processing/output/out/', {
        words: uri,
      }),
      second: job('second', 'sleep 0; cp /opt/ml/processing/input/got/a.txt /opt/ml/processing/output/out/', {
        got: uri,
      }),
    },
    nodes: [
      { id: 'a', task: 'first', inputs: { words: { input: 'words' } } },
      { id: 'b', task: 'second', inputs: { got: { node: 'a', output: 'out' } } },
    ],
  };
  const { meta, resource } = await run({
    type: 'sluice_pipeline',
    custom: { graph, platform: 'local' } as never,
    inputs: { words: text('s3://data/words') },
    outputs: { o0: { simple: 'STRING' } },
    execution: 'pipeline',
  });
  expect(resource.message ?? '').toBe('');
  expect(readLiterals(resource.outputs)).toEqual({ o0: expect.stringMatching(/^s3:\/\/.*\/out$/) });
  expect(structToJson(resource.customInfo)).toMatchObject({ steps: 2, Succeeded: 2 });
  expect((await connector.client.logs({ resourceMeta: meta })).lines).toEqual([]);
});

describe('a function of flytekit', () => {
  const program = new URL('../../fixtures/flyte/pyflyte-execute.ts', import.meta.url).pathname;
  const container = (image: string): Container => ({
    image,
    args: [
      process.execPath,
      program,
      '--inputs',
      's3://flyte/in/inputs.pb',
      '--output-prefix',
      's3://flyte/out/0',
      '--raw-output-data-prefix',
      's3://flyte/raw',
      '--checkpoint-path',
      's3://flyte/raw/_flytecheckpoints',
      '--prev-checkpoint',
      '""',
      '--resolver',
      'r',
      '--',
      'task-module',
      'm',
    ],
  });
  const codec = messageCodec<object>(
    loadProtos(['flyteidl/core/errors.proto']),
    'flyteidl.core.ErrorDocument',
  );
  const errorOf = (kind: string): string =>
    codec.encode({ error: { code: 'USER:ValueError', message: 'no such row', kind } }).toString('base64');

  /** What flytekit's plugin writes of `SageMakerTraining(…)`. */
  const FLYTEKITS = {
    execution_role_arn: 'arn:aws:iam::123456789012:role/Jobs',
    region: 'us-east-1',
    instance_type: instanceType,
    instance_count: 1,
    volume_size_in_gb: 30,
    max_runtime_in_seconds: 3600,
    job_name_prefix: 'flyte-',
  };

  async function call(type: string, execution: string, environment: Record<string, string> = {}) {
    const { client } = connector;
    const request = createRequest({
      type,
      custom: type.startsWith('sluice')
        ? { task: { instanceType, environment } }
        : { ...FLYTEKITS, environment },
      inputs: { n: { scalar: { primitive: { integer: '7' } } }, name: text('x') },
      outputs: { n: { simple: 'INTEGER' }, name: { simple: 'STRING' } },
      execution,
    });
    const template = {
      ...request.template,
      container: container('ghcr.io/flyteorg/flytekit:py3.12-1.16.31'),
    };
    const meta = await client.create({ ...request, template });
    return { meta, resource: await client.untilEnded(meta) };
  }

  test.each(['sluice_processing', 'sluice_training', 'sagemaker-training-task', 'sagemaker-processing-task'])(
    'as a %s reads its inputs and leaves its outputs in the store of the job',
    async (type) => {
      const { meta, resource } = await call(type, `${type}-function`);
      expect(resource.message ?? '').toBe('');
      expect(readLiterals(resource.outputs)).toEqual({ n: 7, name: 'x' });
      const { lines } = await connector.client.logs({ resourceMeta: meta });
      expect(lines.join('\n')).not.toContain('s3://flyte/');
      expect(lines.join('\n')).not.toContain('--prev-checkpoint');
    },
  );

  test('of flytekit’s plugin that has failed is FAILED by its own error', async () => {
    const { resource } = await call('sagemaker-processing-task', 'flytekits-error', {
      LEAVES_ERROR: errorOf('NON_RECOVERABLE'),
    });
    expect(resource).toMatchObject({ phase: 'FAILED', message: 'USER:ValueError: no such row' });
  });

  test.each([
    ['that no retry helps is FAILED', 'NON_RECOVERABLE', 'FAILED'],
    ['that is recoverable is RETRYABLE_FAILED', 'RECOVERABLE', 'RETRYABLE_FAILED'],
  ])('whose error %s', async (_, kind, phase) => {
    const { resource } = await call('sluice_processing', `error-${kind}`, { LEAVES_ERROR: errorOf(kind) });
    expect(resource).toMatchObject({ phase, message: 'USER:ValueError: no such row' });
  });

  test('that leaves nothing is FAILED, and says what may be missing', async () => {
    const { resource } = await call('sluice_processing', 'nothing', { LEAVES_ERROR: '' });
    expect(resource).toMatchObject({
      phase: 'FAILED',
      message: expect.stringContaining('has left no outputs'),
    });
  });
});
