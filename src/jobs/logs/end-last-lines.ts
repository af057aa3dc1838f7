import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { listLogStreams } from './list-log-streams.ts';

/** Ends the last line of each log that a killed process left without its end, so that what follows is a line of its own. */
export async function endLastLines(directory: string): Promise<void> {
  for (const stream of await listLogStreams(directory)) {
    const file = await open(join(directory, `${stream}.log`), 'a+');
    try {
      if (await isUnended(file)) await file.write('\n');
    } finally {
      await file.close();
    }
  }
}

async function isUnended(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 10;
}
