// Watches many jobs for a while, and says how many it has seen and what memory that took.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandle } from '../../src/platforms/index.ts';
import { openPlatform } from '../../test/fixtures/platforms/kubernetes.ts';

const input = JSON.parse(
  Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>)).toString(),
) as {
  readonly handles: readonly JobHandle[];
  readonly watchMs: number;
} & Parameters<typeof openPlatform>[0];
const { platform, detach } = await openPlatform(input);
const seen = new Set<string>();
const over = new AbortController();
const watching = input.handles.map(async (handle) => {
  for await (const _ of platform.watch(handle, { signal: over.signal })) seen.add(handle.jobName);
});
await sleep(input.watchMs);
over.abort();
await Promise.allSettled(watching);
await detach();
process.stdout.write(JSON.stringify({ seen: seen.size, peakBytes: process.resourceUsage().maxRSS * 1024 }));
process.exit();
