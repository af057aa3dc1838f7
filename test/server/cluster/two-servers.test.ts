import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  SageMakerClient,
  StopTrainingJobCommand,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, sharedKey } from '../../harness/cluster.ts';
import {
  createConfig,
  createModel,
  type Deployer,
  deploy,
  invoke,
  untilStatus,
} from '../../harness/endpoints.ts';
import { writeFiles } from '../../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../../harness/sluice.ts';
import {
  describeJob,
  logMessages,
  type ServeFixture,
  trainWith,
  waitFor,
  waitForLine,
} from '../../harness/sluice-serve.ts';

const temporaryDirectory = temporaryDirectories();

/** Answers nobody before it is told to, and tells of each who asks. */
async function openGate() {
  const open: ServerResponse[] = [];
  const asking = new EventEmitter();
  let seen = 0;
  const server = createServer((_, response) => {
    open.push(response);
    asking.emit('asked');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves once one more has asked. */
    async asked() {
      if (seen === open.length) await once(asking, 'asked');
      seen++;
    },
    answer: (text: string) => open.forEach((response) => response.end(text)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const WAITS = "console.log('it runs'); setInterval(() => undefined, 1000);";

let cluster: Cluster;
let a: ServeFixture;
let b: ServeFixture;

beforeAll(async () => {
  cluster = await Cluster.start({
    SLUICE_ACCESS_KEY_ID: sharedKey.accessKeyId,
    SLUICE_SECRET_ACCESS_KEY: sharedKey.secretAccessKey,
  });
  [a, b] = await Promise.all([cluster.serve('a'), cluster.serve('b')]);
}, 240_000);

afterAll(() => cluster?.[Symbol.asyncDispose](), 120_000);

/** A server's clients, to deploy through it. */
function deployer({ url }: ServeFixture): Deployer {
  const config = { endpoint: url, region: 'us-east-1', credentials: sharedKey, maxAttempts: 1 };
  return {
    client: new SageMakerClient(config),
    runtime: new SageMakerRuntimeClient(config),
    store: cluster.s3.store,
    bucket: 'bucket',
  };
}

describe('two servers of one database and one store', () => {
  it('read the logs of each other’s jobs, and stop them', async () => {
    await trainWith(a, 'shared', WAITS);
    await waitForLine(b, 'shared', 'it runs');
    const { stdout } = await cluster.sluice('b', ['jobs', 'logs', 'shared']);
    expect(stdout).toBe('it runs\n');
    await b.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'shared' }));
    expect((await describeJob(b, 'shared')).TrainingJobStatus).toMatch(/^Stop/);
    expect((await waitFor(b, 'shared', 'Stopped')).TrainingJobStatus).toBe('Stopped');
    // By now they are in the store: the machine that ran the job may be gone.
    await a.killAll();
    expect(await logMessages(b, 'shared')).toEqual(['it runs']);
    a = await cluster.serve('a');
    expect(await logMessages(a, 'shared')).toEqual(['it runs']);
  }, 240_000);

  it('invoke and change each other’s endpoints, and serve them anew when their server has died', async () => {
    const through = { a: deployer(a), b: deployer(b) };
    await createModel(through.a, 'first');
    await createModel(through.b, 'second');
    await deploy(through.a, 'model', [{ VariantName: 'first' }]);
    expect(await invoke(through.b, 'model', { question: 1 })).toMatchObject({
      name: 'first',
      input: { question: 1 },
    });
    await createConfig(through.b, 'other', [{ VariantName: 'second' }]);
    await through.b.client.send(
      new UpdateEndpointCommand({ EndpointName: 'model', EndpointConfigName: 'other' }),
    );
    await untilStatus(through.b, 'model', 'InService');
    expect(await invoke(through.b, 'model', {})).toMatchObject({ name: 'second' });
    await a.kill();
    await expect
      .poll(() => invoke(through.b, 'model', {}).catch(() => undefined), { timeout: 120_000 })
      .toMatchObject({
        name: 'second',
      });
    a = await cluster.serve('a');
    const again = deployer(a);
    expect(await invoke(again, 'model', {})).toMatchObject({ name: 'second' });
    await again.client.send(new DeleteEndpointCommand({ EndpointName: 'model' }));
    const gone = (): Promise<unknown> =>
      through.b.client.send(new DescribeEndpointCommand({ EndpointName: 'model' })).catch(() => 'gone');
    await expect.poll(gone, { timeout: 120_000 }).toBe('gone');
  }, 360_000);

  it('have a job begin anew on the other when the machine that runs it dies, or end as AWS ends it', async () => {
    await trainWith(a, 'again', WAITS, { RetryStrategy: { MaximumRetryAttempts: 2 } });
    await trainWith(a, 'once', WAITS);
    await waitForLine(b, 'again', 'it runs');
    await waitForLine(b, 'once', 'it runs');
    await a.killAll();
    const ended = await waitFor(b, 'once', 'Failed');
    expect(ended.FailureReason).toMatch(/^InternalServerError/);
    await expect
      .poll(
        async () => (await describeJob(b, 'again')).SecondaryStatusTransitions?.map(({ Status }) => Status),
        {
          timeout: 120_000,
        },
      )
      .toContain('Restarting');
    await waitForLine(b, 'again', 'it runs');
    await b.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'again' }));
    await waitFor(b, 'again', 'Stopped');
    a = await cluster.serve('a');
  }, 360_000);

  it('have a function go on at the other, by its code from the store and in the sandbox, when its server is killed in it', async () => {
    const cwd = await temporaryDirectory();
    await using gate = await openGate();
    await writeFiles(cwd, {
      'pipeline.ts': `
import { existsSync } from 'node:fs';
import { json, task, workflow } from 'sluice';
import { ask } from './ask.ts';
const wait = task('wait', { outputs: { seen: json() } }, async () => ({
  seen: { answer: await ask('${gate.url}'), homes: ${JSON.stringify([cluster.home('a'), cluster.home('b')])}.filter((home) => existsSync(home)) },
}));
export default workflow('functions', {}, () => ({ seen: wait({}).seen }));
`,
      'ask.ts': 'export const ask = async (url: string) => (await fetch(url)).text();\n',
    });
    const begun = await sluice(['run', 'pipeline.ts', '--detach', '--server', a.url], {
      cwd,
      home: cluster.home('elsewhere'),
      environment: {
        AWS_ACCESS_KEY_ID: sharedKey.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sharedKey.secretAccessKey,
      },
    });
    expect(begun).toMatchObject({ code: 0, stderr: '' });
    const id = begun.stdout.trim();
    await gate.asked();
    await a.killAll();
    await gate.asked();
    gate.answer('42');
    const shown = async () =>
      JSON.parse((await cluster.sluice('b', ['runs', 'show', id, '--json'])).stdout) as Record<
        string,
        unknown
      >;
    await expect
      .poll(async () => (await shown())['phase'], { timeout: 180_000, interval: 500 })
      .toBe('Succeeded');
    expect(await shown()).toMatchObject({ outputs: { seen: { answer: '42', homes: [] } } });
    a = await cluster.serve('a');
  }, 360_000);

  it('are listed as workers, tell of their leases, and refuse a stranger and a name that is taken', async () => {
    const { stdout } = await cluster.sluice('b', ['workers', 'ls', '--json']);
    const { workers } = JSON.parse(stdout) as { workers: { name: string; url: string; lease: string }[] };
    expect(workers.map(({ name, url, lease }) => ({ name, url, lease }))).toEqual(
      expect.arrayContaining([
        { name: 'a', url: a.url, lease: 'alive' },
        { name: 'b', url: b.url, lease: 'alive' },
      ]),
    );
    expect((await cluster.sluice('b', ['workers', 'ls'])).stdout).toContain('MACHINE');
    const metrics = await (await fetch(`${a.url}/_sluice/metrics`)).text();
    expect(Number(/^sluice_lease_seconds (.*)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect((await fetch(`${a.url}/_sluice/ready`)).status).toBe(200);
    expect((await fetch(`${a.url}/_sluice/peer/logs/training/shared`)).status).toBe(403);
    const elsewhere = new S3Client({
      endpoint: a.url,
      region: 'us-east-1',
      credentials: sharedKey,
      forcePathStyle: true,
    });
    await expect(elsewhere.send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'PermanentRedirect',
    });
    elsewhere.destroy();
    await expect(cluster.serve('c', { environment: { SLUICE_WORKER: 'a' } })).rejects.toThrow(
      /has that name/,
    );
  }, 300_000);
});
