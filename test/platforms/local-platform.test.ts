import { join } from 'node:path';
import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { parseS3Uri } from '../../src/objects/s3-uri.ts';
import { createLocalPlatform } from '../../src/platforms/index.ts';
import { type PlatformUnderTest, testPlatform } from '../conformance/platform.ts';
import { objectText } from '../harness/job-requests.ts';
import { executors, openJobs } from '../harness/jobs.ts';
import { PollingPlatform } from '../harness/polling-platform.ts';

const module = join(import.meta.dirname, '../fixtures/platforms/local.ts');

const modes = [
  ...executors.map(([name, executor]) => ({ title: name, name, executor, poll: false })),
  { title: 'polled', name: 'process', executor: executors.at(-1)![1], poll: true },
];

for (const { title, name, executor, poll } of modes) {
  testPlatform(
    `local (${title})`,
    async (): Promise<PlatformUnderTest> => {
      const fixture = await openJobs({ executor: executor() });
      const { jobs, store, home } = fixture;
      const local = createLocalPlatform({ jobs, stores: { store: () => store }, account: DEFAULT_ACCOUNT });
      const platform = poll ? new PollingPlatform(local) : local;
      return {
        platform,
        elsewhere: { module, options: { home, executor: name, poll } },
        read: (uri) => objectText(fixture, parseS3Uri(uri).key),
        [Symbol.asyncDispose]: async () => {
          await platform.detach();
          await fixture[Symbol.asyncDispose]();
        },
      };
    },
    { inProcesses: name === 'process' },
  );
}
