import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../../src/core/account.ts';
import { writeFiles } from '../../harness/pipelines.ts';
import { sluice } from '../../harness/sluice.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';

const pipeline = join(import.meta.dirname, '../../../examples/diagnosis/pipeline.ts');

let directory: string;
let serve: ServeFixture;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  serve = await startServe(join(directory, 'server'), ['--executor', 'process']);
  const configuration = { platforms: { sagemaker: { endpoint: serve.url } } };
  await mkdir(join(directory, 'home'));
  await writeFile(join(directory, 'home/config.yaml'), JSON.stringify(configuration));
}, 300_000);

afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Result {
  readonly id: string;
  readonly outputs: { readonly metrics: Readonly<Record<string, number>> };
  readonly nodes: readonly {
    readonly id: string;
    readonly metrics?: object;
    readonly billableSeconds?: number;
  }[];
}

function runDemo(...args: string[]): Promise<Result> {
  return run(pipeline, '--input', 'epochs=40', ...args);
}

function run(file: string, ...args: string[]): Promise<Result> {
  return json('run', file, ...args);
}

async function json<Document>(...args: string[]): Promise<Document> {
  const { stdout, stderr, code } = await sluice([...args, '--json'], {
    home: join(directory, 'home'),
    cwd: directory,
    environment: { AWS_EC2_METADATA_DISABLED: 'true' },
  });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Document;
}

/** The files of a run in a home's store, by name, archives unpacked. */
async function filesOf(run: string, home: string): Promise<Record<string, string>> {
  const root = join(directory, home, 's3', defaultBucket(DEFAULT_ACCOUNT), run);
  const files: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1).replaceAll(run, 'RUN');
    // The code of a processing job lies once for all jobs on SageMaker, and beside each here.
    if (!entry.isFile() || name.includes('/code/')) continue;
    const bytes = await readFile(path);
    if (!name.endsWith('.tar.gz')) files[name] = bytes.toString();
    else
      for (const { header, data } of await unpackTar(gunzipSync(bytes)))
        files[`${name}/${header.name}`] = Buffer.from(data ?? []).toString();
  }
  return files;
}

test('every type of job of a pipeline comes to the same on another server as here, files included', async () => {
  const here = await runDemo('--executor', 'process', '--platform', 'local');
  const there = await runDemo('--platform', 'sagemaker');
  expect(there.outputs).toEqual(here.outputs);
  for (const [index, node] of here.nodes.entries()) {
    expect(there.nodes[index]?.id).toBe(node.id);
    expect(there.nodes[index]?.metrics).toEqual(node.metrics);
    expect(there.nodes[index]?.billableSeconds).toBeGreaterThanOrEqual(1);
  }
  const made = await filesOf(here.id, 'home');
  expect(Object.keys(made).length).toBeGreaterThan(5);
  expect(await filesOf(there.id, 'server')).toEqual(made);
}, 300_000);

/** The file of a pipeline whose steps are on two platforms. */
async function mixed(): Promise<string> {
  await writeFiles(join(directory, 'mixed'), {
    'package.json': '{"type":"module"}',
    'pipeline.ts': MIXED,
    'append.ts': APPEND,
    'data/said.json': '[]',
  });
  return join(directory, 'mixed/pipeline.ts');
}

const MIXED = `
import { json, processingTask, uri, workflow } from 'sluice';

const step = (name: string, platform: string) =>
  processingTask(name, {
    script: 'append.ts',
    instanceType: 'ml.m5.large',
    platform,
    inputs: ['text'],
    outputs: ['result'],
    arguments: [name],
    propertyFiles: { said: json<string[]>({ outputName: 'result', path: 'said.json' }) },
  });
const first = step('first', 'sagemaker');
const second = step('second', 'local');
const third = step('third', 'sagemaker');

export default workflow('mixed', { inputs: { text: uri({ default: 'data' }) } }, ({ text }) => {
  const a = first({ text });
  const b = second({ text: a.result });
  const c = third({ text: b.result });
  return { said: c.said };
});
`;
const APPEND = `
import { readFileSync, writeFileSync } from 'node:fs';
const root = new URL('../../..', import.meta.url).pathname + 'processing';
const said = JSON.parse(readFileSync(root + '/input/text/said.json', 'utf8')) as string[];
writeFileSync(root + '/output/result/said.json', JSON.stringify([...said, process.argv[2]]));
`;

test('a step reads what the step before it has left on another platform, there and back', async () => {
  const { outputs } = await run(await mixed(), '--executor', 'process');
  expect(outputs).toEqual({ said: ['first', 'second', 'third'] });
}, 300_000);
