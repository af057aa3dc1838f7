import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import { parseS3Uri } from '../../src/objects/index.ts';
import { type PlatformUnderTest, testPlatform } from '../conformance/platform.ts';
import { openPlatform } from '../fixtures/platforms/kubernetes.ts';
import { type JobsNamespace, kubectl, openJobsNamespace } from '../harness/kubernetes.ts';

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
  const { settings, environment, s3 } = namespace;
  const options = { home: join(directory, 'home'), settings, environment };
  const { platform, detach } = await openPlatform(options);
  return {
    platform,
    elsewhere: { module, options },
    read: async (uri) => {
      const { bucket, key } = parseS3Uri(uri);
      const { body } = await s3.store.get(bucket, key, await s3.store.head(bucket, key));
      return Buffer.concat(await Array.fromAsync(body)).toString();
    },
    [Symbol.asyncDispose]: async () => {
      await detach();
      // The next test begins with no jobs, and with nothing that some have made.
      const jobs = (what: string, ...more: readonly string[]) =>
        kubectl(['-n', namespace.name, 'delete', what, '--all', ...more]);
      await jobs('jobs', '--wait=false');
      await jobs('pods', '--grace-period=0', '--force');
      const bucket = defaultBucket(DEFAULT_ACCOUNT);
      for await (const { key } of s3.store.list(bucket, { prefix: 'conformance-' }))
        await s3.store.delete(bucket, key);
      await expect
        .poll(() => kubectl(['-n', namespace.name, 'get', 'jobs', '-o', 'name']), { timeout: 120_000 })
        .toBe('');
    },
  };
}
