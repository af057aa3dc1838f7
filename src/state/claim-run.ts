import { SluiceError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { isProcessAlive, type ProcessIdentity } from './process-identity.ts';
import { recordEvents } from './record-events.ts';
import { noteDoor, type RunDoor } from './run-door.ts';

/** Who takes a run over. */
export interface RunClaim {
  readonly id: string;
  readonly owner: ProcessIdentity;
  /** By which door it is carried on. @default a command line */
  readonly door?: RunDoor | undefined;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Takes a run over to carry it on: in phase Running, owned by the claimer.
 *
 * @throws SluiceError `RunActive` while its owner lives, `RunNotFound`
 */
export async function claimRun(state: Database, { id, owner, door, time }: RunClaim): Promise<void> {
  await state.transaction(async (transaction) => {
    const row = await transaction.get<{ owner_pid: number | null; owner_start: string }>(
      'SELECT owner_pid, owner_start FROM runs WHERE id = ?',
      id,
    );
    if (!row) throw runNotFound(id);
    const { owner_pid: pid, owner_start: startTime } = row;
    if (pid !== null && isProcessAlive({ pid, startTime })) throw runActive(id, pid);
    await transaction.run(
      `UPDATE runs SET phase = 'Running', owner_pid = ?, owner_start = ?, error = NULL, ended_at = NULL, updated_at = ?
      WHERE id = ?`,
      owner.pid,
      owner.startTime,
      time,
      id,
    );
    await noteDoor(transaction, id, door);
    await recordEvents(transaction, [
      { kind: 'run', subject: id, type: 'Running', time, data: { resumed: true } },
    ]);
  });
}

/** The error for a run that does not exist. */
export function runNotFound(id: string): SluiceError {
  return new SluiceError('RunNotFound', `There is no run '${id}' in this home.`, {
    hint: "'sluice runs ls' shows the runs; --home names another home.",
  });
}

function runActive(id: string, pid: number): SluiceError {
  return new SluiceError('RunActive', `Run '${id}' is being carried out by process ${pid}.`, {
    hint: 'Wait until it has ended, or end that process.',
  });
}
