// Our side of the Pipe benchmarks, in a process of its own, so that its memory can be told.
import { once } from 'node:events';
import { startPipe } from '../../src/channels/index.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import { peakMemory } from './peak-memory.ts';
import type { FeederPlan } from './pipe-side.ts';

const { channel, directory, endpoint } = JSON.parse(process.argv[2] as string) as FeederPlan;
const store = endpoint === undefined ? undefined : createS3Store({ endpoint, region: 'us-east-1' });
const pipe = await startPipe({
  channel,
  directory,
  host: { index: 0, count: 1 },
  stores: {
    store: () => {
      if (store) return store;
      throw new Error('This channel is local.');
    },
  },
});
void pipe.failed.then((error) => {
  throw error;
});
console.log('ready');
process.stdin.resume();
await once(process.stdin, 'end');
await pipe.close();
await store?.close();
console.log(peakMemory());
