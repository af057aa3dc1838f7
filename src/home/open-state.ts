import { findDatabaseUrl } from '../core/database-url.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { SluiceError } from '../core/errors.ts';
import { type Database, openDatabase } from '../state/index.ts';
import type { HomeContext } from './home-context.ts';

const unwritable: ReadonlySet<string> = new Set(['HomeReadOnly', 'DiskFull'] satisfies ErrorCode[]);

/** What the state is opened for: to write, to read alone, or to write as far as the home can be written. */
export type StateUse = 'write' | 'read' | 'look';

/** What must be known of a home to open its state. */
type StateContext = Pick<HomeContext, 'paths' | 'environment'>;

/**
 * The URL of a home's database; undefined where it is in the home.
 *
 * @throws SluiceError `InvalidArgument`, `ConfigInvalid`
 */
export function stateUrl({ paths, environment }: StateContext): Promise<string | undefined> {
  return findDatabaseUrl({ home: paths.home, directory: process.cwd(), environment });
}

/**
 * Opens the state of a home, wherever that is.
 *
 * @throws SluiceError `HomeReadOnly`, `HomeLocked`, `HomeVersion`, `HomeDamaged`, `DiskFull`, `DatabaseUnreachable`,
 *   `DatabaseRefused`, `DatabaseForeign`, `InvalidArgument`, `ConfigInvalid`
 */
export async function openState(context: StateContext, use: StateUse): Promise<Database> {
  const url = await stateUrl(context);
  if (use === 'look') return openToLook(context, url);
  return openDatabase(context.paths, { url, readOnly: use === 'read' });
}

/** A home that cannot be written can still be read. */
async function openToLook({ paths }: StateContext, url: string | undefined): Promise<Database> {
  try {
    return await openDatabase(paths, { url });
  } catch (error) {
    if (!(error instanceof SluiceError) || !unwritable.has(error.code)) throw error;
    return openDatabase(paths, { url, readOnly: true }).catch(() => {
      throw error;
    });
  }
}
