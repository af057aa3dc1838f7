// Watches many jobs for a while, as the compiled program does, and says how many it has seen and what memory that took.
import { setTimeout as sleep } from 'node:timers/promises';
import { Bundles } from '../../dist/bundles/index.js';
import { DEFAULT_ACCOUNT } from '../../dist/core/account.js';
import { createStores } from '../../dist/objects/index.js';
import { createKubernetesPlatform } from '../../dist/platforms/index.js';

const { handles, settings, environment, home, watchMs } = JSON.parse(
  Buffer.concat(await Array.fromAsync(process.stdin)).toString(),
);
Object.assign(process.env, environment);
const stores = await createStores({ home, environment: {}, config: { s3: 'embedded' } });
const platform = createKubernetesPlatform({
  settings: { kubernetes: settings },
  stores,
  bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
  account: DEFAULT_ACCOUNT,
  environment: process.env,
});
const seen = new Set();
const over = new AbortController();
const watching = handles.map(async (handle) => {
  for await (const _ of platform.watch(handle, { signal: over.signal })) seen.add(handle.jobName);
});
await sleep(watchMs);
over.abort();
await Promise.allSettled(watching);
await platform.detach();
await stores.close();
process.stdout.write(JSON.stringify({ seen: seen.size, peakBytes: process.resourceUsage().maxRSS * 1024 }));
process.exit();
