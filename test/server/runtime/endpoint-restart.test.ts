import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { homePaths, serverFile } from '../../../src/core/home.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import {
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
