// Watches many jobs for a while, as the compiled program does, and says how many it has seen and what memory that took.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled } from './compiled.mjs';

// As a server does, before it loads anything else.
const { limitMemory } = await compiled('core/steady-heap.js');
limitMemory();
const { Bundles } = await compiled('bundles/index.js');
const { DEFAULT_ACCOUNT } = await compiled('core/account.js');
const { createStores } = await compiled('objects/index.js');
const { createKubernetesPlatform } = await compiled('platforms/index.js');

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
// Not `maxRSS`, which begins with that of this process's parent; and from no module whose types would have to be stripped.
const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
process.stdout.write(JSON.stringify({ seen: seen.size, peakBytes: peakKiB * 1024 }));
process.exit();
