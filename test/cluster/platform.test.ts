import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
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
}, 120_000);

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

testPlatform('kubernetes', async (): Promise<PlatformUnderTest> => {
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
      // The next test begins with no jobs; what they have made goes with their names.
      await kubectl([
        '-n',
        namespace.name,
        'delete',
        'jobs',
        '--all',
        '--cascade=foreground',
        '--timeout=120s',
      ]);
    },
  };
});
