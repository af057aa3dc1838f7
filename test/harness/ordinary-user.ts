import { chmodSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Does the work as a user whom permissions hold back, where the tests run as root. */
export async function asOrdinaryUser<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return work();
  // The run's own temporary directory is root's alone.
  if ((statSync(tmpdir()).mode & 0o777) === 0o700) chmodSync(tmpdir(), 0o711);
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
