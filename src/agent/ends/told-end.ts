import { createReadStream } from 'node:fs';
import type { ContainerEnd, EndSource } from './end-source.ts';

/** Whoever starts the agent says how the container ended, and which file has what it printed. */
export function toldEnd(end: ContainerEnd, logFile?: string): EndSource {
  return {
    end: () => Promise.resolve(end),
    log: () => (logFile === undefined ? undefined : createReadStream(logFile)),
  };
}
