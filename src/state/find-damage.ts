import type { Database } from './database.ts';

/**
 * Looks the whole database through, which takes seconds for gigabytes. PostgreSQL's has tools of its own for that
 * (pg_amcheck), and to be open is enough here.
 *
 * @returns what is wrong with it, or undefined
 * @throws SluiceError `HomeDamaged` where it cannot be read at all
 */
export async function findDamage(state: Database): Promise<string | undefined> {
  if (state.dialect !== 'sqlite') return undefined;
  const row = await state.get<{ quick_check: string }>('PRAGMA quick_check(1)');
  return row?.quick_check === 'ok' ? undefined : (row?.quick_check ?? 'it cannot be checked');
}
