import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pollUntil } from '../../../src/core/poll-until.ts';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import type {
  CreateTaskRequest,
  Literal,
  Resource,
  TaskTemplate,
} from '../../../src/flyte/connector/messages.ts';
import { loadProtos, messageCodec } from '../../../src/flyte/protos/index.ts';
import type { Json } from '../../../src/graph/index.ts';
import { takeFreePort } from '../../../src/jobs/serving/free-port.ts';
import { FlyteClient } from '../../harness/flyte-client.ts';
import type { ConnectorFixture } from '../../harness/flyte-connector.ts';
import { type AwsService, connectorFor, startAwsService } from './aws-service.ts';
import { flytekit, packagedPipelines } from './flytekit.ts';

let aws: AwsService;
let ours: ConnectorFixture;
let theirs: PythonConnector;
beforeAll(async () => {
  aws = await startAwsService();
  ours = await connectorFor(aws.serve.url);
  theirs = await startPythonConnector(aws.serve.url);
}, 400_000);
afterAll(async () => {
  await theirs?.[Symbol.asyncDispose]();
  await ours?.[Symbol.asyncDispose]();
  await aws?.[Symbol.asyncDispose]();
});

/** flytekit's own connector. */
interface PythonConnector extends AsyncDisposable {
  readonly client: FlyteClient;
}

async function startPythonConnector(endpoint: string): Promise<PythonConnector> {
  const [port, metrics] = [await takeFreePort(), await takeFreePort()];
  const ports = ['--port', String(port), '--prometheus_port', String(metrics)];
  const child = spawn(join(await flytekit(), 'pyflyte'), ['serve', 'connector', ...ports], {
    stdio: 'ignore',
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'sluice',
      AWS_SECRET_ACCESS_KEY: 'sluice',
      PYTHONDONTWRITEBYTECODE: '1',
      TMPDIR: aws.home,
      HOME: aws.home,
    },
  });
  const client = await FlyteClient.connect(port);
  const answers = () =>
    client.agents().then(
      () => true,
      () => false,
    );
  if (!(await pollUntil(answers, { everyMs: 500, limitMs: 180_000 }))) throw new Error('It does not answer.');
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await kill(child);
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The same request for both: a task as flytekit has written it. */
async function request(
  task: string,
  inputs: Readonly<Record<string, string | number>>,
): Promise<CreateTaskRequest> {
  const directory = await packagedPipelines();
  const file = (await readdir(directory)).find((name) => name.endsWith(`_${task}_1.pb`)) ?? task;
  const codec = messageCodec<{ template: TaskTemplate }>(
    loadProtos(['flyteidl/admin/task.proto']),
    'flyteidl.admin.TaskSpec',
  );
  const { template } = codec.decode(await readFile(join(directory, file)));
  const literals = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, literal(value)]));
  return { template, inputs: { literals }, outputPrefix: join(aws.home, 'flyte-outputs') };
}

function literal(value: string | number): Literal {
  const primitive = typeof value === 'string' ? { stringValue: value } : { integer: String(value) };
  return { scalar: { primitive } };
}

async function ended(client: FlyteClient, asked: CreateTaskRequest): Promise<Resource> {
  return client.untilEnded(await client.create(asked), asked.template?.type);
}

/** Without what differs from one job to the next: names, times. */
function comparable(result: Json | undefined): Json {
  const text = JSON.stringify(result ?? null)
    .replaceAll(/[0-9a-f]{16}/g, '<token>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+\+00:00/g, '<time>')
    .replaceAll(/(?<="(?:Billable|Training)TimeInSeconds":)\d+/g, '0');
  return JSON.parse(text) as Json;
}

describe('the same CreateTask request to flytekit’s own connector', { timeout: 300_000 }, () => {
  test.each<[string, Readonly<Record<string, string | number>>]>([
    ['aws.prepare', { rows: 3 }],
    ['aws.train', { epochs: 2, fail: 'never', seconds: 600 }],
  ])('%s has the same result, in the same encoding', async (task, inputs) => {
    const asked = await request(task, inputs);
    const [own, other] = await Promise.all(
      [ours.client, theirs.client].map((client) => ended(client, asked)),
    );
    expect(own?.phase).toBe('SUCCEEDED');
    expect(other?.phase).toBe('SUCCEEDED');
    const [mine, its] = [own, other].map((each) => each?.outputs?.literals?.['result']);
    expect(mine?.scalar?.binary?.tag).toBe(its?.scalar?.binary?.tag);
    expect(comparable(readLiterals(own?.outputs)['result'])).toEqual(
      comparable(readLiterals(other?.outputs)['result']),
    );
  });

  test('boto has the same result and token: what flytekit’s has made is found again', async () => {
    const asked = await request('aws.create_model', { model: 's3://flyte/models/none.tar.gz' });
    const other = await theirs.client.execute(asked);
    const own = await ours.client.execute(asked);
    expect(own.phase).toBe('SUCCEEDED');
    expect(readLiterals(own.outputs)).toEqual(readLiterals(other.outputs));
  });

  test('a failure has the same reason, with which ours may be tried again', async () => {
    const asked = await request('aws.train', { epochs: 1, fail: 'always', seconds: 600 });
    const [own, other] = await Promise.all(
      [ours.client, theirs.client].map((client) => ended(client, asked)),
    );
    expect(other).toMatchObject({ phase: 'FAILED', message: expect.stringContaining('it was to fail') });
    expect(own).toMatchObject({ phase: 'RETRYABLE_FAILED', message: `Failed: ${other?.message}` });
  });

  test('whole numbers, which flytekit’s breaks, are what the job gets', async () => {
    const asked = await request('aws.train_whole_numbers', { epochs: 2, fail: 'never', seconds: 600 });
    await expect(theirs.client.create(asked)).rejects.toThrow(
      'Invalid type for parameter HyperParameters.epochs',
    );
    const own = await ended(ours.client, asked);
    expect(own.phase).toBe('SUCCEEDED');
  });

  test('the same request again is another job where Flyte has begun it anew', async () => {
    const asked = await request('aws.train', { epochs: 3, fail: 'never', seconds: 600 });
    const attempt = (execution: string, retryAttempt: number): CreateTaskRequest => ({
      ...asked,
      taskExecutionMetadata: {
        taskExecutionId: {
          nodeExecutionId: { nodeId: 'n0', executionId: { project: 'p', domain: 'd', name: execution } },
          retryAttempt,
        },
      },
    });
    const jobsOf = async (client: FlyteClient): Promise<number> => {
      const names = new Set<string>();
      for (const each of [attempt('a', 0), attempt('a', 0), attempt('a', 1), attempt('b', 0)]) {
        const { outputs } = await ended(client, each);
        const result = readLiterals(outputs)['result'] as { readonly TrainingJobName: string };
        names.add(result.TrainingJobName);
      }
      return names.size;
    };
    await expect(jobsOf(ours.client)).resolves.toBe(3);
    await expect(jobsOf(theirs.client)).resolves.toBe(1);
  });
});
