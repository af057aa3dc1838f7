import { uptime } from 'node:os';
import type { Statements } from './database.ts';
import { type Lease, processOfLease } from './lease.ts';
import { thisMachine } from './machine.ts';
import { isProcessAlive, processState } from './process-identity.ts';
import { WORKER_COLUMNS, type WorkerRecord, type WorkerRow, workerRecord } from './workers.ts';

/**
 * How a worker stands: `overdue` has not renewed its lease in time, `gone` has ended or given it up. What either holds
 * may be taken over.
 */
export type Standing = 'alive' | 'overdue' | 'gone';

/** An earlier boot was over before this one began, as far as clocks agree. Milliseconds. */
const BOOT_SLACK_MS = 2000;

/**
 * The workers that have not ended, as they were at one time. To be read after what they hold: a worker that is not in it
 * has ended.
 */
export class Roster {
  /** By the database's clock, milliseconds since 1970. */
  readonly now: number;
  readonly #workers: ReadonlyMap<string, WorkerRecord>;
  readonly #clockIsSteady: boolean;
  readonly #known = new Map<string, Standing>();

  /** @param clockIsSteady false where the database's clock has jumped: then what is overdue by it may not be */
  constructor(now: number, workers: readonly WorkerRecord[], clockIsSteady = true) {
    this.now = now;
    this.#workers = new Map(workers.map((worker) => [worker.id, worker]));
    this.#clockIsSteady = clockIsSteady;
  }

  get workers(): Iterable<WorkerRecord> {
    return this.#workers.values();
  }

  /** The worker of a lease; undefined for one that has ended. */
  worker({ worker }: Pick<Lease, 'worker'>): WorkerRecord | undefined {
    return this.#workers.get(worker);
  }

  /** How the holder of a lease stands. Each is looked at once. */
  standing({ worker: id }: Pick<Lease, 'worker'>): Standing {
    const known = this.#known.get(id) ?? this.#look(id);
    this.#known.set(id, known);
    return known;
  }

  /** Whether nobody else may take over what the lease holds. */
  isHeld(lease: Pick<Lease, 'worker'>): boolean {
    return this.standing(lease) === 'alive';
  }

  #look(id: string): Standing {
    const worker = this.#workers.get(id);
    if (worker) return this.#standingOf(worker);
    const process = processOfLease(id);
    return process && isProcessAlive(process) ? 'alive' : 'gone';
  }

  #standingOf(worker: WorkerRecord): Standing {
    const overdue = worker.until <= this.now;
    if (isSeenFromHere(worker)) {
      const state = processState(worker);
      if (state === 'gone') return 'gone';
      // Busy, or kept from writing by a full disk, is not away: nobody but this machine's own processes could know.
      return state === 'stopped' && overdue ? 'overdue' : 'alive';
    }
    if (isOfEarlierBoot(worker, this.now)) return 'gone';
    return overdue && this.#clockIsSteady ? 'overdue' : 'alive';
  }
}

/** Whether its process can be looked at from here: it is on this boot of this machine, and in no other container. */
export function isSeenFromHere({ boot, namespace }: Pick<WorkerRecord, 'boot' | 'namespace'>): boolean {
  const here = thisMachine();
  return here.boot !== '' && boot === here.boot && namespace === here.namespace;
}

/** Machines may have the same id, as clones do: what was renewed since this boot is of another one. */
function isOfEarlierBoot({ machine, boot, until, leaseMs }: WorkerRecord, now: number): boolean {
  const here = thisMachine();
  if (machine === '' || machine !== here.machine || boot === here.boot || here.boot === '') return false;
  return until - leaseMs < now - uptime() * 1000 - BOOT_SLACK_MS;
}

/** Reads who is at work. */
export async function readRoster(state: Statements, clockIsSteady?: boolean): Promise<Roster> {
  const rows = await state.all<WorkerRow & { readonly now: number }>(
    `SELECT ${WORKER_COLUMNS}, now_ms() AS now FROM workers WHERE ended_at IS NULL`,
  );
  return new Roster(rows[0]?.now ?? 0, rows.map(workerRecord), clockIsSteady);
}
