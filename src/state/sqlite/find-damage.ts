import type { Statements } from '../database.ts';

/**
 * Looks the whole database through, which takes seconds for gigabytes.
 *
 * @returns what is wrong with it, or undefined
 * @throws SluiceError `HomeDamaged` where it cannot be read at all
 */
export async function findDamage(state: Statements): Promise<string | undefined> {
  const row = await state.get<{ quick_check: string }>('PRAGMA quick_check(1)');
  return row?.quick_check === 'ok' ? undefined : (row?.quick_check ?? 'it cannot be checked');
}
