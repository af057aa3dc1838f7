// Needs: bubblewrap
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEndpointCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../../src/contract/images.ts';
import { homePaths, serverFile } from '../../../src/core/home.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import {
  archive,
  createConfig,
  createModel,
  type Deployer,
  deploy,
  eventually,
  invoke,
  untilStatus,
} from '../../harness/endpoints.ts';
import { startSluice, temporaryDirectories } from '../../harness/sluice.ts';
import { credentials } from '../harness.ts';
import { runtimeClient } from './harness.ts';

/** Four programs start one after the other, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

const newDirectory = temporaryDirectories();
const SLOW = `
  if (process.env.WAIT_MS) await new Promise((done) => setTimeout(done, Number(process.env.WAIT_MS)));
  export const modelFn = () => ({ predict: () => ({ name: process.env.NAME }) });`;

interface Server extends Deployer, AsyncDisposable {
  /** Ends it with a signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** `sluice serve` in a home, with clients. Dispose of it. */
async function serve(home: string, executor: string): Promise<Server> {
  const program = startSluice(['serve', '--port', '0', '--executor', executor], { home });
  await program.printed('Ctrl-C stops it.');
  const { url } = JSON.parse(await readFile(serverFile(home), 'utf8')) as { url: string };
  const client = new SageMakerClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const runtime = runtimeClient(url);
  const store = createDirectoryStore(homePaths(home).objects);
  await store.createBucket('models').catch(() => undefined);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    client.destroy();
    runtime.destroy();
    program.child.kill(signal);
    await program.ended;
  };
  return { client, runtime, store, bucket: 'models', end, [Symbol.asyncDispose]: () => end('SIGTERM') };
}

/** The processes that serve a model of a home. */
function modelServers(home: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const mentions =
        readFileSync(`/proc/${pid}/environ`, 'utf8') + readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return mentions.includes(home) && mentions.includes('SAGEMAKER_BIND_TO_PORT');
    } catch {
      return false;
    }
  });
}

describe.each(['sandbox', 'process'])('with the %s executor', (executor) => {
  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'endpoints serve again after a restart of a server that %s ended',
    async (signal) => {
      const home = await newDirectory();
      {
        const server = await serve(home, executor);
        await createModel(server, 'one');
        await createModel(server, 'two');
        await deploy(server, 'first', [{ VariantName: 'one' }]);
        await deploy(server, 'second', [{ VariantName: 'two', InitialInstanceCount: 2 }]);
        expect(await invoke(server, 'first', {})).toMatchObject({ name: 'one' });
        await server.end(signal);
      }
      await using server = await serve(home, executor);
      for (const [endpoint, name] of [
        ['first', 'one'],
        ['second', 'two'],
      ] as const) {
        await untilStatus(server, endpoint, 'InService');
        expect(await eventually(() => invoke(server, endpoint, {}))).toMatchObject({ name });
      }
      // Those of the server that is gone are gone too. In a sandbox, none knows where its home really is.
      const count = executor === 'process' ? 3 : 0;
      await eventually(async () => expect(modelServers(home)).toHaveLength(count));
      await server.client.send(new DeleteEndpointCommand({ EndpointName: 'first' }));
      await expect(untilStatus(server, 'first', 'Failed')).rejects.toThrow('Could not find endpoint');
    },
    TIMEOUT_MS,
  );
});

test(
  'what was under way when the server was killed goes on: creating, updating, deleting',
  async () => {
    const home = await newDirectory();
    {
      const server = await serve(home, 'sandbox');
      await createModel(server, 'quick', { code: SLOW });
      await createModel(server, 'slow', { code: SLOW, environment: { WAIT_MS: '3000' } });
      await deploy(server, 'updated', [{ VariantName: 'quick' }]);
      await deploy(server, 'deleted', [{ VariantName: 'quick' }]);
      await createConfig(server, 'created', [{ VariantName: 'slow' }]);
      const names = { EndpointName: 'created', EndpointConfigName: 'created' };
      await server.client.send(new CreateEndpointCommand(names));
      await server.client.send(new UpdateEndpointCommand({ ...names, EndpointName: 'updated' }));
      await server.client.send(new DeleteEndpointCommand({ EndpointName: 'deleted' }));
      await sleep(100);
      await server.end('SIGKILL');
    }
    await using server = await serve(home, 'sandbox');
    expect(await eventually(() => invoke(server, 'updated', {}))).toMatchObject({ name: 'quick' });
    await untilStatus(server, 'created', 'InService');
    expect(await invoke(server, 'created', {})).toMatchObject({ name: 'slow' });
    expect(await untilStatus(server, 'updated', 'InService')).toMatchObject({
      EndpointConfigName: 'created',
    });
    expect(await invoke(server, 'updated', {})).toMatchObject({ name: 'slow' });
    await expect(untilStatus(server, 'deleted', 'InService')).rejects.toThrow('Could not find endpoint');
  },
  TIMEOUT_MS,
);

test.each(['sandbox', 'process'])(
  'several containers and many models serve again after the server was killed, with the %s executor',
  async (executor) => {
    const home = await newDirectory();
    const code = {
      'code/package.json': '{"type":"module"}',
      'code/inference.ts': `
        import { readFileSync } from 'node:fs';
        export const modelFn = (directory) => readFileSync(directory + '/word.txt', 'utf8');
        export const predictFn = (input, word) => ({ name: word, input, pid: process.pid });`,
    };
    {
      const server = await serve(home, executor);
      const { store, bucket, client } = server;
      for (const word of ['one', 'two'])
        await store.put(bucket, `many/${word}.tar.gz`, await archive({ ...code, 'word.txt': word }));
      const container = (word: string) => ({
        Image: NODE_IMAGE,
        ModelDataUrl: `s3://${bucket}/many/${word}.tar.gz`,
      });
      const role = { ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test' };
      const many = { Image: NODE_IMAGE, Mode: 'MultiModel' as const, ModelDataUrl: `s3://${bucket}/many/` };
      await client.send(new CreateModelCommand({ ModelName: 'many', PrimaryContainer: many, ...role }));
      const Containers = [container('one'), container('two')];
      await client.send(new CreateModelCommand({ ModelName: 'piped', Containers, ...role }));
      for (const name of ['many', 'piped']) await deploy(server, name, [{ VariantName: name }]);
      expect(await invoke(server, 'many', {}, { TargetModel: 'one.tar.gz' })).toMatchObject({ name: 'one' });
      await server.end('SIGKILL');
    }
    await using server = await serve(home, executor);
    const more = { TargetModel: 'two.tar.gz' };
    expect(await eventually(() => invoke(server, 'many', {}, more))).toMatchObject({ name: 'two' });
    expect(await eventually(() => invoke(server, 'piped', { x: 1 }))).toMatchObject({
      name: 'two',
      input: { name: 'one', input: { x: 1 } },
    });
    // One of many models, its container and two containers in a row: those of the server that is gone are gone too.
    const count = executor === 'process' ? 4 : 0;
    await eventually(async () => expect(modelServers(home)).toHaveLength(count));
  },
  TIMEOUT_MS,
);
