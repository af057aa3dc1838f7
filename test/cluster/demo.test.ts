import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NODE_IMAGE } from '../harness/cluster-images.ts';
import { type JobsNamespace, openJobsNamespace } from '../harness/kubernetes.ts';
import { sluice } from '../harness/sluice.ts';

const pipeline = join(import.meta.dirname, '../../examples/diagnosis/pipeline.ts');
const small = { cpus: '100m', memory: '256Mi' };

let directory: string;
let namespace: JobsNamespace;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-demo-'));
  namespace = await openJobsNamespace();
  const instanceTypes = { 'ml.m5.large': small, 'ml.m5.xlarge': small, 'ml.m5.2xlarge': small };
  const kubernetes = { ...namespace.settings, images: { node: NODE_IMAGE }, instanceTypes };
  await mkdir(join(directory, 'home'));
  await writeFile(join(directory, 'home/config.yaml'), JSON.stringify({ platforms: { kubernetes } }));
}, 300_000);

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function metricsOf(...args: readonly string[]): Promise<object> {
  const { stdout, stderr, code } = await sluice(
    ['run', pipeline, '--json', '--input', 'epochs=40', ...args],
    {
      home: join(directory, 'home'),
      cwd: directory,
      environment: namespace.environment,
    },
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) as string) as {
    readonly outputs: { readonly metrics: object };
  };
  return result.outputs.metrics;
}

test('the pipeline of the demo comes to the same metrics on a cluster as here', {
  timeout: 600_000,
}, async () => {
  const here = await metricsOf('--platform', 'local', '--executor', 'process');
  expect(await metricsOf('--platform', 'kubernetes')).toEqual(here);
});

test('a run whose pods could not reach their data is refused before anything starts', async () => {
  const home = join(directory, 'unreachable');
  await mkdir(home);
  const { s3: _, ...settings } = namespace.settings;
  await writeFile(join(home, 'config.yaml'), JSON.stringify({ platforms: { kubernetes: settings } }));
  const { stderr, code } = await sluice(['run', pipeline, '--platform', 'kubernetes'], {
    home,
    cwd: directory,
  });
  expect(code).not.toBe(0);
  expect(stderr).toContain('pods do not reach the embedded store');
  expect(stderr).toContain('SLUICE_S3');
});

test('doctor says what of the cluster works', async () => {
  const { stdout } = await sluice(['doctor'], {
    home: join(directory, 'home'),
    environment: namespace.environment,
  });
  expect(stdout).toMatch(/kubernetes +v1\.\d+\.\d+ at https:\S+, namespace jobs-/);
});
