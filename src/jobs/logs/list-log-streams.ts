import { readdir } from 'node:fs/promises';
import { systemErrorCode } from '../../core/errors.ts';

/** The names of a job's log streams, sorted: `algo-1`, and of several containers `algo-1/first`. */
export async function listLogStreams(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(missingIsEmpty);
  return names
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -4))
    .sort();
}

function missingIsEmpty(error: unknown): string[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}
