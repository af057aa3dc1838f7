import type { ErrorCode } from '../core/error-codes.ts';
import { SluiceError } from '../core/errors.ts';
import type { HomePaths } from '../core/home.ts';
import { type Database, openDatabase } from '../state/index.ts';

const unwritable: ReadonlySet<string> = new Set(['HomeReadOnly', 'DiskFull'] satisfies ErrorCode[]);

/** What the state is opened for: to write, to read alone, or to write as far as the home can be written. */
export type StateUse = 'write' | 'read' | 'look';

/**
 * Opens the state of a home.
 *
 * @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion`, `HomeDamaged`, `DiskFull`
 */
export async function openState({ paths }: { readonly paths: HomePaths }, use: StateUse): Promise<Database> {
  if (use === 'look') return openToLook(paths);
  return openDatabase(paths, { readOnly: use === 'read' });
}

/** A home that cannot be written can still be read. */
async function openToLook(paths: HomePaths): Promise<Database> {
  try {
    return await openDatabase(paths);
  } catch (error) {
    if (!(error instanceof SluiceError) || !unwritable.has(error.code)) throw error;
    return openDatabase(paths, { readOnly: true }).catch(() => {
      throw error;
    });
  }
}
