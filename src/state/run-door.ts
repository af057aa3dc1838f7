import type { Statements } from './database.ts';

/**
 * By which door a run came, or was last carried on. A server takes over what servers of the home have left, and leaves
 * alone what somebody carries out at a command line.
 */
export type RunDoor = 'server';

/** Notes the door, within the transaction that makes or claims the run. */
export async function noteDoor(
  transaction: Statements,
  run: string,
  door: RunDoor | undefined,
): Promise<void> {
  await transaction.run('UPDATE runs SET door = ? WHERE id = ?', door ?? null, run);
}

/** The runs that servers carry out, or have left; those of one worker are left out. */
export async function listServerRuns(state: Statements, but = ''): Promise<string[]> {
  const sql =
    "SELECT id FROM runs WHERE phase = 'Running' AND door = 'server' AND COALESCE(owner, '') <> ? ORDER BY id";
  return (await state.all<{ id: string }>(sql, but)).map(({ id }) => id);
}
