import { parentPort, workerData } from 'node:worker_threads';
import { loadNative, type Native } from '../native.ts';
import { Ended, FifoWriter } from './fifo-writer.ts';
import {
  CANCEL_AT,
  type InflateAnswer,
  type InflateBatch,
  type InflateData,
  type InflateRequest,
  TURN_AT,
} from './inflate-messages.ts';
import { ObjectInflater, type Turn } from './inflate-objects.ts';
import { plainError } from './plain-error.ts';

// One of the threads that inflate the objects of a Pipe channel.

/** How long to wait for a turn before looking whether to stop. */
const WAIT_MS = 100;

const { recordIO, spillDirectory, stop, epoch } = workerData as InflateData;
const stopFlag = new Int32Array(stop);
const state = new Int32Array(epoch);
const port = parentPort as NonNullable<typeof parentPort>;
const native = loadNative() as Native;
const inflater = new ObjectInflater({ recordIO, spillDirectory });
const isAborted = (): boolean => Atomics.load(stopFlag, 0) !== 0 || Atomics.load(state, CANCEL_AT) !== 0;

port.on('message', (request: InflateRequest) => {
  if (request.kind === 'batch') answer(run(request));
  else close();
});

/** Lets the thread end by itself: one that is terminated within koffi takes the process along. */
function close(): void {
  inflater.close();
  port.close();
}

function run(batch: InflateBatch): InflateAnswer {
  try {
    const bytes = inflater.write(batch.objects, turnOf(batch));
    Atomics.store(state, TURN_AT, batch.number + 1);
    Atomics.notify(state, TURN_AT);
    return { kind: 'end', end: 'sent', bytes };
  } catch (error) {
    if (error instanceof Ended) return { kind: 'end', end: error.end, bytes: 0 };
    return { kind: 'failed', error: plainError(error) };
  }
}

function turnOf({ number, fd }: InflateBatch): Turn {
  const writer = new FifoWriter({ fd, native, isAborted });
  return {
    writer,
    hasCome: () => Atomics.load(state, TURN_AT) === number,
    wait: () => {
      for (;;) {
        writer.checkAborted();
        const now = Atomics.load(state, TURN_AT);
        if (now === number) return;
        Atomics.wait(state, TURN_AT, now, WAIT_MS);
      }
    },
  };
}

function answer(message: InflateAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  port.postMessage(message);
}
