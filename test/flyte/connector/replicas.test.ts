// Needs: postgresql
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster } from '../../harness/cluster.ts';
import { createRequest, FlyteClient } from '../../harness/flyte-client.ts';
import { type RunningProgram, startSluice } from '../../harness/sluice.ts';
import { killRunners } from '../../harness/sluice-serve.ts';

let cluster: Cluster;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replicas-'));
  cluster = await Cluster.start();
}, 300_000);
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

interface Replica extends AsyncDisposable {
  readonly program: RunningProgram;
  readonly client: FlyteClient;
}

/** Its pipes may be open for longer: what runs its jobs has them too. */
async function end({ child }: RunningProgram, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function startReplica(name: string): Promise<Replica> {
  const config = join(directory, 'sluice.yaml');
  writeFileSync(config, 'lease: 10s\n');
  const args = ['connector', '--port', '0', '--executor', 'process', '--json', '--config', config];
  const program = startSluice(args, {
    home: cluster.home(name),
    environment: cluster.environment(name),
  });
  await program.printed(/"port": ?\d+[\s\S]*\}/);
  const client = await FlyteClient.connect((JSON.parse(program.output()) as { port: number }).port);
  return {
    program,
    client,
    [Symbol.asyncDispose]: async () => {
      client[Symbol.dispose]();
      await end(program, 'SIGTERM');
      await killRunners(cluster.home(name));
    },
  };
}

test('replicas make one run of an attempt, and each knows it; one that is killed in the middle loses nothing', {
  timeout: 300_000,
}, async () => {
  await using first = await startReplica('first');
  await using second = await startReplica('second');
  const go = join(directory, 'go');
  const began = join(directory, 'began');
  const request = createRequest({
    type: 'sluice_training',
    custom: {
      task: {
        instanceType: 'ml.m5.large',
        command: [
          '/bin/sh',
          '-c',
          `echo x >> ${began}; until test -f ${go}; do sleep 0.1; done; echo m > /opt/ml/model/m`,
        ],
      },
    },
    outputs: { model: { simple: 'STRING' } },
  });
  const metas = await Promise.all([first, second, first, second].map(({ client }) => client.create(request)));
  expect(new Set(metas.map(String)).size).toBe(1);
  const meta = metas[0] as Buffer;
  for (const { client } of [first, second])
    await expect.poll(async () => (await client.get(meta)).phase, { timeout: 120_000 }).toBe('RUNNING');
  await end(first.program, 'SIGKILL');
  expect((await second.client.get(meta)).phase).toBe('RUNNING');
  writeFileSync(go, '');
  const ended = await second.client.untilEnded(meta);
  expect([ended.phase, ended.message ?? '']).toEqual(['SUCCEEDED', '']);
  await using third = await startReplica('third');
  expect(await third.client.get(meta)).toMatchObject({ phase: 'SUCCEEDED', outputs: ended.outputs });
});
