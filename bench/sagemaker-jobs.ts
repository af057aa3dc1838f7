/**
 * 2,000 jobs InProgress on SageMaker, watched by one process. A server of SageMaker's protocol in a process of its own
 * counts what it is asked. `node bench/sagemaker-jobs.ts [JOBS] [SECONDS]`. Claim: at most 2 requests a second and 150 MiB.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as BundlesModule from '../src/bundles/index.ts';
import type * as AccountModule from '../src/core/account.ts';
import type * as SteadyHeapModule from '../src/core/steady-heap.ts';
import type * as StoreModule from '../src/objects/directory/create-directory-store.ts';
import type * as PlatformsModule from '../src/platforms/index.ts';
import { compiled } from './support/compiled.mjs';
import { peakMemory } from './support/peak-memory.ts';
import { printMachine } from './support/report.ts';

const JOBS = Number(process.argv[2] ?? 2000);
const SECONDS = Number(process.argv[3] ?? 90);
const LIMIT = { perSecond: 2, mebibytes: 150 };

// As a server does, before it loads anything else.
const { limitMemory } = await compiled<typeof SteadyHeapModule>('core/steady-heap.js');
limitMemory();
const { Bundles } = await compiled<typeof BundlesModule>('bundles/index.js');
const { DEFAULT_ACCOUNT } = await compiled<typeof AccountModule>('core/account.js');
const { createDirectoryStore } = await compiled<typeof StoreModule>(
  'objects/directory/create-directory-store.js',
);
const { createSageMakerPlatform } = await compiled<typeof PlatformsModule>('platforms/index.js');

printMachine();
const server = fork(join(import.meta.dirname, 'support/job-list-server.ts'), [String(JOBS)]);
const [url] = (await once(server, 'message')) as [string];
const home = createDirectoryStore(join(tmpdir(), 'sluice-bench-sagemaker-jobs'));
const stores = { store: () => home };
const platform = createSageMakerPlatform({
  settings: { sagemaker: { endpoint: url, region: 'us-east-1' } },
  stores,
  bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
  account: DEFAULT_ACCOUNT,
  environment: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true' },
});
const seen = new Set<string>();
for (let number = 0; number < JOBS; number++) void watch(`job-${number}`);
await sleep(SECONDS * 1000);
server.send('count');
const [asked] = (await once(server, 'message')) as [number];
const peak = peakMemory() / 2 ** 20;
await platform.detach();
server.kill();
const perSecond = asked / SECONDS;
const { user, system } = process.cpuUsage();
console.log(
  `${seen.size} of ${JOBS} jobs told in ${SECONDS} s: ${perSecond.toFixed(2)} requests/s (limit ${LIMIT.perSecond}), ` +
    `${peak.toFixed(0)} MiB at most (limit ${LIMIT.mebibytes}), ${((user + system) / 1e6).toFixed(1)} s of processor time`,
);
if (perSecond > LIMIT.perSecond || peak > LIMIT.mebibytes || seen.size < JOBS) process.exitCode = 1;

async function watch(jobName: string): Promise<void> {
  const handle = { platform: 'sagemaker', jobType: 'training', jobName } as const;
  for await (const _status of platform.watch(handle)) seen.add(jobName);
}
