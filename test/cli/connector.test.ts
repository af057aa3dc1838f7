import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelCredentials, type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { afterEach, expect, test } from 'vitest';
import { makeCertificate } from '../harness/certificate.ts';
import { call, createRequest, FlyteClient } from '../harness/flyte-client.ts';
import {
  type RunningProgram,
  sluice,
  startSluice as start,
  temporaryDirectories,
} from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const started: RunningProgram[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ child, ended }) => (child.kill('SIGTERM'), ended)));
});

function startSluice(...given: Parameters<typeof start>): RunningProgram {
  const program = start(...given);
  started.push(program);
  return program;
}

async function portOf(program: RunningProgram): Promise<number> {
  await program.printed(/"port": ?\d+[\s\S]*\}/);
  return (JSON.parse(program.output()) as { port: number }).port;
}

async function stop({ child, ended }: RunningProgram) {
  child.kill('SIGTERM');
  return ended;
}

async function health(port: number, by: ChannelCredentials, service = ''): Promise<string> {
  const { grpc } = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
    grpc: { health: { v1: { Health: new (address: string, by: ChannelCredentials) => Client } } };
  };
  const client = new grpc.health.v1.Health(`localhost:${port}`, by);
  try {
    return (await call<{ status: string }>(client, 'check', { service })).status;
  } finally {
    client.close();
  }
}

test('runs go on with the next connector of the home: the task is RUNNING meanwhile', async () => {
  const home = await temporaryDirectory();
  const file = join(home, 'go');
  const open = () =>
    startSluice(['connector', '--port', '0', '--metrics-port', '0', '--executor', 'process', '--json'], {
      home,
    });
  const first = open();
  const port = await portOf(first);
  const request = createRequest({
    type: 'sluice_training',
    custom: {
      task: {
        instanceType: 'ml.m5.large',
        command: ['/bin/sh', '-c', `until test -f ${file}; do sleep 0.1; done; echo m > /opt/ml/model/m`],
      },
    },
    outputs: { model: { simple: 'STRING' } },
  });
  let meta: Buffer;
  {
    using client = await FlyteClient.connect(port);
    expect((await client.agents())[0]?.supportedTaskCategories).toContainEqual({
      name: 'sluice_training',
      version: 0,
    });
    meta = await client.create(request);
    await expect.poll(async () => (await client.get(meta)).phase, { timeout: 120_000 }).toBe('RUNNING');
    expect(await health(port, credentials.createInsecure())).toBe('SERVING');
    const { metricsPort } = JSON.parse(first.output()) as { metricsPort: number };
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toContain('sluice_connector_calls_total{method="CreateTask",code="OK"} 1');
  }
  expect(await stop(first)).toMatchObject({ code: 0 });
  const second = open();
  {
    using client = await FlyteClient.connect(await portOf(second));
    expect(await client.get(meta)).toMatchObject({ phase: expect.stringMatching(/RUNNING|INITIALIZING/) });
    expect(await client.create(request)).toEqual(meta);
    writeFileSync(file, '');
    expect(await client.untilEnded(meta)).toMatchObject({ phase: 'SUCCEEDED' });
  }
  expect(await stop(second)).toMatchObject({ code: 0 });
});

test('speaks TLS, and is to be reached from elsewhere with an allow-list alone', async () => {
  const home = await temporaryDirectory();
  const { certificate: cert, key } = makeCertificate(home);
  const config = join(home, 'sluice.yaml');
  const everywhere = ['connector', '--host', '0.0.0.0', '--port', '0', '--executor', 'simulate', '--json'];
  const refused = await sluice(everywhere, { home });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('flyte.allow')]);
  writeFileSync(config, 'flyte: { allow: [{ project: demo }] }');
  const program = startSluice([...everywhere, '--tls-cert', cert, '--tls-key', key, '--config', config], {
    home,
  });
  const port = await portOf(program);
  expect(
    await health(port, credentials.createSsl(readFileSync(cert)), 'flyteidl.service.AsyncAgentService'),
  ).toBe('SERVING');
  program.child.kill('SIGTERM');
  await once(program.child, 'exit');
  expect(program.child.exitCode).toBe(0);
});
