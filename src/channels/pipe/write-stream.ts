import { once } from 'node:events';
import { Socket } from 'node:net';
import { systemErrorCode } from '../../core/errors.ts';
import { onAbort } from '../../core/on-abort.ts';

/** How the writing of an epoch ended: all was written, or the reader closed before. */
export type EpochEnd = 'sent' | 'closed';

/** Bytes that wait for the reader before the source is held back. */
const WAITING_BYTES = 2 * 1024 * 1024;

/** Where to write. */
export interface WriteStreamOptions {
  /** An open FIFO that does not block. It is closed at the end. */
  readonly fd: number;
  readonly source: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** Takes what keeps the FIFO open where the source fails: the reader must not take a part for the whole. */
  readonly hold: (release: () => void) => void;
}

/**
 * Writes a stream into an open FIFO; the event loop waits for the reader, no thread does.
 *
 * @throws what the source throws, and the signal's reason
 */
export async function writeStream({ fd, source, signal, hold }: WriteStreamOptions): Promise<EpochEnd> {
  const socket = new Socket({ fd, readable: false, writable: true });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  let failure: unknown;
  socket.on('error', (error) => {
    failure ??= error;
  });
  using _ = onAbort(signal, () => {
    failure ??= signal.reason;
    socket.destroy();
  });
  try {
    for await (const piece of source) {
      if (failure !== undefined) break;
      socket.write(piece);
      if (socket.writableLength > WAITING_BYTES) await drained(socket, closed);
    }
  } catch (error) {
    hold(() => socket.destroy());
    throw error;
  }
  return await finish(socket, closed, () => failure);
}

async function finish(socket: Socket, closed: Promise<void>, failure: () => unknown): Promise<EpochEnd> {
  if (failure() === undefined) socket.end();
  await closed;
  if (failure() === undefined) return 'sent';
  if (systemErrorCode(failure()) === 'EPIPE') return 'closed';
  throw failure();
}

async function drained(socket: Socket, closed: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([closed, once(socket, 'drain', { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}
