import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type PlatformUnderTest, testPlatform } from '../conformance/platform.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { clearJobs, type JobsNamespace, openJobsNamespace, readObject } from '../harness/kubernetes.ts';

const module = join(import.meta.dirname, '../fixtures/platforms/kubernetes.ts');

let directory: string;
let namespace: JobsNamespace;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-'));
  namespace = await openJobsNamespace();
}, 300_000);

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

testPlatform('kubernetes', openNamespace, { failure: 'AlgorithmError: , exit code: 3' });

async function openNamespace(): Promise<PlatformUnderTest> {
  const { settings, environment } = namespace;
  const options = { home: join(directory, 'home'), settings, environment };
  const { platform, detach } = await openPlatform(options);
  return {
    platform,
    elsewhere: { module, options },
    read: (uri) => readObject(namespace, uri),
    [Symbol.asyncDispose]: async () => {
      await detach();
      await clearJobs(namespace);
    },
  };
}
