import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../../core/errors.ts';
import type { TreePlace } from '../../core/tree/index.ts';
import { loadNative } from '../native.ts';
import type { SourceObject } from '../source/source-object.ts';
import { feedEpoch } from './feed-epoch.ts';
import type { FeederAnswer, FeederData, FeederRequest } from './feeder-messages.ts';
import { InflateThreads } from './inflate-threads.ts';
import { canInflateNatively } from './native-inflate.ts';
import { plainError } from './plain-error.ts';

// The thread of one Pipe channel whose objects are files of this machine.

const { options, stop } = workerData as FeederData;
const stopFlag = new Int32Array(stop);
const port = parentPort as NonNullable<typeof parentPort>;
const isAborted = (): boolean => Atomics.load(stopFlag, 0) !== 0;
let receive: (objects: readonly SourceObject[]) => void = () => undefined;

port.on('message', (request: FeederRequest) => {
  if (request.kind === 'objects') receive(request.objects);
  else if (request.kind === 'epoch') void feed(request.fifo);
  else stopAll();
});

const abort = new AbortController();
const held: (() => void)[] = [];
const inflating =
  options.gunzip && loadNative() && canInflateNatively()
    ? new InflateThreads({ recordIO: options.recordIO, spillDirectory: options.spillDirectory, stop })
    : undefined;

/** Frees all there is, so that the thread ends by itself: one that is terminated within koffi takes the process along. */
function stopAll(): void {
  abort.abort();
  receive([]);
  for (const release of held) release();
  inflating?.close();
  port.close();
}

async function feed(fifo: TreePlace): Promise<void> {
  try {
    const end = await feedEpoch({
      ...options,
      fifo,
      objects: requested(),
      stores: { store: () => noStore() },
      signal: abort.signal,
      isAborted,
      inflating,
      onProgress: (progress) => answer({ kind: 'progress', progress: { ...progress } }),
      onReaders: (readers) => answer({ kind: 'readers', readers }),
      hold: (release) => (isAborted() ? release() : held.push(release)),
    });
    answer({ kind: 'end', end });
  } catch (error) {
    answer({ kind: 'failed', error: plainError(error) });
  }
}

/** Asks for the next objects while those before them are being written. */
async function* requested(): AsyncGenerator<readonly SourceObject[]> {
  let next = request();
  for (let objects = await next; objects.length > 0; objects = await next) {
    next = request();
    yield objects;
  }
}

function request(): Promise<readonly SourceObject[]> {
  const received = new Promise<readonly SourceObject[]>((resolve) => {
    receive = resolve;
  });
  answer({ kind: 'want' });
  return received;
}

function answer(message: FeederAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  port.postMessage(message);
}

function noStore(): never {
  throw new SluiceError('InternalError', 'A thread for local objects was given an object of a store.');
}
