// Pipe mode from an S3 endpoint with 20 ms delay per request, against reading the objects one after another, as
// sagemaker-pipe.py does: `node bench/pipe-remote.ts [objects]`. At least 30×. The other side reads 300 objects only and
// is scaled up: all of them would take minutes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT } from '../src/core/account.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { createS3Store } from '../src/objects/s3/create-s3-store.ts';
import { serve } from '../src/server/serve.ts';
import { startDelayProxy } from './support/delay-server.ts';
import { makeFiles } from './support/make-files.ts';
import { startFeeder } from './support/pipe-side.ts';
import { printMachine, report } from './support/report.ts';

const objects = Number(process.argv[2] ?? 20_000);
const sampled = 300;
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.env['AWS_ACCESS_KEY_ID'] = 'bench';
process.env['AWS_SECRET_ACCESS_KEY'] = 'bench';

try {
  printMachine();
  const store = createDirectoryStore(join(directory, 's3'));
  await store.createBucket('data');
  makeFiles({ directory: join(directory, 's3/data/train'), count: objects, bytesEach: 10 * 1024 });
  const server = await serve({ home: directory, store, account: DEFAULT_ACCOUNT, log: console.error });
  const proxy = await startDelayProxy(server.url, 20);
  const otherMs = [(await readOneByOne(proxy.url)) * (objects / sampled)];
  const channel = { name: 'train', uri: 's3://data/train/', inputMode: 'Pipe' } as const;
  const feeder = await startFeeder({ channel, directory: join(directory, 'train'), endpoint: proxy.url });
  const ownMs = [await feeder.readEpoch(), await feeder.readEpoch()];
  const peakBytes = await feeder.close();
  await proxy.close();
  await server.close();
  const work = `Pipe, remote (20 ms), ${objects} objects of 10 KiB`;
  report({ work, ownMs, otherMs, other: 'one after another', atLeast: 30, peakBytes });
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function readOneByOne(endpoint: string): Promise<number> {
  const store = createS3Store({ endpoint, region: 'us-east-1' });
  const keys: string[] = [];
  for await (const { key } of store.list('data')) {
    keys.push(key);
    if (keys.length === sampled) break;
  }
  const started = performance.now();
  for (const key of keys) for await (const _ of (await store.get('data', key)).body);
  const elapsed = performance.now() - started;
  await store.close();
  return elapsed;
}
