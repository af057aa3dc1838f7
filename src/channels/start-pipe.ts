import type { PipeChannel, PipeOptions } from './pipe/pipe-channel.ts';

/** Starts feeding a channel in Pipe mode, outside of a job too. Loaded when it is needed. */
export async function startPipe(options: PipeOptions): Promise<PipeChannel> {
  const pipe = await import('./pipe/pipe-channel.ts');
  return pipe.startPipe(options);
}
