import type { InputOptions, PreparedInput } from '../channel.ts';
import { startPipe } from './pipe-channel.ts';

/** Pipe mode of a job's channel: FIFOs beside the channel's directory, fed until the job ends. */
export async function preparePipe(options: InputOptions): Promise<PreparedInput> {
  const { objects, bytes, failed, close } = await startPipe(options);
  return { mounts: [], notes: [], objects, bytes, failed, close };
}
