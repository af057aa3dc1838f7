import type { TreePlace } from '../core/tree/index.ts';
import type { PipeChannel, PipeOptions } from './pipe/pipe-channel.ts';

/** Starts feeding a channel in Pipe mode, outside of a job too. Loaded when it is needed. */
export async function startPipe(options: PipeOptions): Promise<PipeChannel> {
  const pipe = await import('./pipe/pipe-channel.ts');
  return pipe.startPipe(options);
}

/** Makes the FIFO of a channel's first epoch, which somebody else is to feed: a reader finds it at once. */
export async function makeFirstFifo(channel: TreePlace): Promise<void> {
  const { fifoPlace, makeFifo } = await import('./pipe/fifo.ts');
  await makeFifo(fifoPlace(channel, 0));
}
