import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listRunners } from '../../src/home/job-runner/runner-files.ts';

/** A Node program that runs until {@link goOn}, or until SIGTERM. */
export const WAITS = `
import { existsSync } from 'node:fs';
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
console.log('waits');
setInterval(() => existsSync('/opt/ml/go') && process.exit(0), 5);
`;

/** Makes the file `/opt/ml/go` of a job, which programs of tests wait for. */
export function goOn(home: string, name: string, type = 'training'): void {
  writeFileSync(join(home, 'jobs', type, name, 'algo-1', 'opt', 'ml', 'go'), '');
}

/** The file of a job's log, also while no server runs. */
export function logOf(home: string, name: string, type = 'training'): string {
  try {
    return readFileSync(join(home, 'jobs', type, name, 'logs', 'algo-1.log'), 'utf8');
  } catch {
    return '';
  }
}

/** Waits until the process that ran a training job has ended, as it does once it has none; the job's data is gone. */
export async function nothingLeft(home: string, name: string): Promise<void> {
  await expect.poll(() => listRunners(home)).toEqual([]);
  expect(existsSync(join(home, 'jobs', 'training', name, 'algo-1'))).toBe(false);
}
