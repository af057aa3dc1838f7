// Needs: bubblewrap
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CreateModelInput, CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, prepare, toldEnd } from '../../src/agent/index.ts';
import { startContainer, submitElsewhere } from '../harness/elsewhere.ts';
import { keysBelow, objectText } from '../harness/job-requests.ts';
import { openJobs } from '../harness/jobs.ts';

/** Multiplies each number by the model's factor; 13 is an error. */
const SERVER = `
  import { createServer } from 'node:http';
  import { readFileSync } from 'node:fs';
  const factor = Number(readFileSync(process.env.SM_MODEL_DIR + '/factor', 'utf8'));
  createServer(async (request, response) => {
    if (request.url === '/ping') return response.end();
    if (request.url !== '/invocations') return response.writeHead(404).end();
    let body = '';
    for await (const piece of request) body += piece;
    if (body.includes('13')) return response.writeHead(400).end('unlucky');
    response.end(body.trim().split('\\n').map((row) => Number(row) * factor).join('\\n'));
  }).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
`;

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-server-'));
  await writeFile(join(directory, 'server.mjs'), SERVER);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ROLE = 'arn:aws:iam::123456789012:role/Test';

test.each([
  ['completes', { 'in/a.csv': '1\n2\n', 'in/deep/b.csv': '3' }, 'Completed', 1],
  ['keeps what went well where one object fails', { 'in/a.csv': '1', 'in/b.csv': '13' }, 'Failed', 1],
  ['deals its objects out to two hosts', { 'in/a': '1', 'in/b': '2', 'in/c': '3' }, 'Completed', 2],
] as const)('a batch transform job elsewhere %s as here', async (_, objects, status, count) => {
  const command = ['node', join(directory, 'server.mjs')];
  await using fixture = await openJobs({
    configuration: {
      frameworks: { missingPackages: 'report' },
      images: [{ pattern: 'example/serves:*', directory, serve: command }],
    },
  });
  const { store, bucket } = fixture;
  const entry = { header: { name: 'factor', size: 1, mode: 0o644 }, body: '2' };
  await store.put(bucket, 'model.tar.gz', gzipSync(await packTar([entry])));
  for (const [key, body] of Object.entries(objects)) await store.put(bucket, key, body);
  const model: CreateModelInput = {
    ModelName: 'doubles',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'example/serves:1', ModelDataUrl: `s3://${bucket}/model.tar.gz` },
  };
  const at = (place: string): CreateTransformJobRequest => ({
    TransformJobName: 'twin',
    ModelName: 'doubles',
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: count },
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/${place}`, AssembleWith: 'Line' },
  });
  await fixture.jobs.models.put(model);
  await fixture.jobs.transform.start(at('here'));
  const local = await fixture.jobs.transform.wait('twin');

  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const hosts = ports.map((port, index) => ({ name: `algo-${index + 1}`, port }));
  await using job = await submitElsewhere(fixture, {
    version: 1,
    jobType: 'transform',
    attempt: 'attempt-1',
    arn: 'arn:aws:sagemaker:us-east-1:123456789012:transform-job/twin',
    region: 'us-east-1',
    results: `s3://${bucket}/staging/twin/`,
    request: at('elsewhere'),
    model,
  });
  await Promise.all(
    hosts.map(async ({ name, port }) => {
      const agent = await job.open(name);
      expect(await prepare(agent)).toBeUndefined();
      const mounts = [{ source: directory, target: directory, readOnly: true }];
      const log = join(agent.settings.directory, 'printed');
      const server = await startContainer(job, name, command, log, { port, mounts });
      const settings = { ...agent.settings, servingPort: port };
      await collect({ ...agent, settings }, toldEnd({ stopped: false }));
      await server.stop({ graceMs: 30_000 });
    }),
  );

  const texts = async (place: string) => {
    const keys = await keysBelow(fixture, `${place}/`);
    return Object.fromEntries(
      await Promise.all(keys.map(async (key) => [key.slice(place.length), await objectText(fixture, key)])),
    );
  };
  expect(local.TransformJobStatus).toBe(status);
  expect(Object.keys(await texts('here')).length).toBeGreaterThan(0);
  expect(await texts('elsewhere')).toEqual(await texts('here'));
  expect(await job.result()).toMatchObject({
    status,
    ...(local.FailureReason !== undefined && { failureReason: local.FailureReason }),
  });
});
