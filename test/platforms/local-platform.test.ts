import { DEFAULT_ACCOUNT } from '../../src/core/account.ts';
import { parseS3Uri } from '../../src/objects/s3-uri.ts';
import { createLocalPlatform } from '../../src/platforms/index.ts';
import { type PlatformUnderTest, testPlatform } from '../conformance/platform.ts';
import { objectText } from '../harness/job-requests.ts';
import { executors, openJobs } from '../harness/jobs.ts';

for (const [name, executor] of executors) {
  testPlatform(`local (${name})`, async (): Promise<PlatformUnderTest> => {
    const fixture = await openJobs({ executor: executor() });
    const { jobs, store } = fixture;
    return {
      platform: createLocalPlatform({ jobs, stores: { store: () => store }, account: DEFAULT_ACCOUNT }),
      read: (uri) => objectText(fixture, parseS3Uri(uri).key),
      [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
    };
  });
}
