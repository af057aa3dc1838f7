import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';
import { runSluice } from '../../harness/sluice.ts';

const pipeline = join(import.meta.dirname, '../../../examples/diagnosis/pipeline.ts');

let directory: string;
let serve: ServeFixture;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  serve = await startServe(join(directory, 'server'), ['--executor', 'process']);
  const configuration = { platforms: { sagemaker: { endpoint: serve.url } } };
  await writeFile(join(directory, 'sluice.yaml'), JSON.stringify(configuration));
}, 120_000);

afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Result {
  readonly id: string;
  readonly outputs: { readonly metrics: Readonly<Record<string, number>> };
  readonly nodes: readonly { readonly id: string; readonly metrics?: object; readonly billableSeconds?: number }[];
}

async function runDemo(...args: string[]): Promise<Result> {
  const { stdout, stderr, code } = await runSluice(['run', pipeline, '--input', 'epochs=40', '--json', ...args], {
    home: join(directory, 'home'),
    cwd: directory,
    environment: { AWS_EC2_METADATA_DISABLED: 'true' },
  });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Result;
}

test('every type of job of a pipeline comes to the same on another server as here, files included', async () => {
  const here = await runDemo('--executor', 'process', '--platform', 'local');
  const there = await runDemo('--platform', 'sagemaker');
  expect(there.outputs).toEqual(here.outputs);
  for (const [index, node] of here.nodes.entries()) {
    expect(there.nodes[index]).toMatchObject({ id: node.id, metrics: node.metrics ?? {} });
    expect(there.nodes[index]?.billableSeconds).toBeGreaterThanOrEqual(1);
  }
  expect(await filesOf(there.id, 'server')).toEqual(await filesOf(here.id, 'home'));
}, 300_000);
