import { SluiceError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { type Lease, leaseLost, OWNER, OWNER_PROCESS, processOfLease } from './lease.ts';
import { recordEvents } from './record-events.ts';
import type { Roster } from './roster.ts';
import { noteDoor, type RunDoor } from './run-door.ts';
import { workerOf } from './worker.ts';
import { describeWorker } from './workers.ts';
import { expelWorker, shortenLeases } from './workers-save.ts';

/** Who takes a run over. */
export interface RunClaim {
  readonly id: string;
  /** By which door it is carried on. @default a command line */
  readonly door?: RunDoor | undefined;
  /** This process, if it is the holder, does not carry it out any more. @default false */
  readonly left?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** How often a claim is tried anew because others claim the same run. */
const TRIES = 3;

const CLAIM = `UPDATE runs SET phase = 'Running', owner = ?, (owner_pid, owner_start) = (SELECT ${OWNER_PROCESS}),
    fence = fence + 1, error = NULL, ended_at = NULL, updated_at = ?
  WHERE id = ? AND fence = ?`;

/**
 * Takes a run over to carry it on: in phase Running, this process's.
 *
 * @returns by what it is held from now on
 * @throws SluiceError `RunActive` while its holder is at work, `RunNotFound`
 */
export async function claimRun(state: Database, claim: RunClaim): Promise<Lease> {
  await shortenLeases(state);
  return workerOf(state).hold((worker) => claimFor(state, claim, worker));
}

async function claimFor(state: Database, { id, door, left, time }: RunClaim, worker: string): Promise<Lease> {
  for (let tries = 1; ; tries++) {
    const { owner, fence } = await getRunHolder(state, id);
    // After it: who has joined since holds nothing of what was read.
    const roster = await workerOf(state).roster();
    if (!roster.worker({ worker })) throw leaseLost(`The worker '${worker}'`);
    const isFree = owner === null || (left && owner === worker);
    const holder = isFree ? undefined : { worker: owner, fence };
    if (holder && (roster.isHeld(holder) || tries > TRIES)) throw runActive(id, roster, holder);
    const claimed = await state.transaction(async (transaction) => {
      if (holder && !(await expelWorker(transaction, roster.worker(holder)))) return false;
      if ((await transaction.run(CLAIM, worker, worker, worker, time, id, fence)) !== 1) return false;
      await noteDoor(transaction, id, door);
      const data = { resumed: true };
      await recordEvents(transaction, [{ kind: 'run', subject: id, type: 'Running', time, data }]);
      return true;
    });
    if (claimed) return { worker, fence: fence + 1 };
  }
}

/** Whose a run is; `owner` null for nobody's. @throws SluiceError `RunNotFound` */
async function getRunHolder(state: Database, id: string): Promise<{ owner: string | null; fence: number }> {
  const sql = `SELECT ${OWNER} AS owner, fence FROM runs WHERE id = ?`;
  const row = await state.get<{ owner: string | null; fence: number }>(sql, id);
  if (!row) throw runNotFound(id);
  return row;
}

/** The error for a run that does not exist. */
export function runNotFound(id: string): SluiceError {
  return new SluiceError('RunNotFound', `There is no run '${id}' in this home.`, {
    hint: "'sluice runs ls' shows the runs; --home names another home.",
  });
}

function runActive(id: string, roster: Roster, holder: Lease): SluiceError {
  const worker = roster.worker(holder);
  const process = processOfLease(holder.worker);
  const who = worker ? `worker ${describeWorker(worker)}` : `process ${process?.pid ?? 'of another worker'}`;
  const until = worker ? `, whose lease lasts until ${new Date(worker.until).toISOString()}` : '';
  return new SluiceError('RunActive', `Run '${id}' is being carried out by ${who}${until}.`, {
    hint: 'Wait until it has ended, or end that process. Where its machine is lost, try again once the lease is over.',
  });
}
