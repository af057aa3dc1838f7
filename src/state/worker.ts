import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { isLeaseLost } from './lease.ts';
import { thisMachine } from './machine.ts';
import { currentProcess, type ProcessIdentity } from './process-identity.ts';
import { isSeenFromHere, Roster, readRoster } from './roster.ts';
import { describeWorker, type WorkerRecord } from './workers.ts';
import { deleteWorker, expelNow, insertWorker, renewWorker, shortenLeases } from './workers-save.ts';

/** How long a lease is, milliseconds. */
const LEASE_MS = 15_000;
/** How many times a lease is renewed in its length. */
const RENEWALS = 3;
/** Between two tries of a renewal that cannot be written, milliseconds. */
const RETRY_MS = 500;
/** By how much the database's clock may differ from a steady one between two looks, milliseconds. */
const JUMP_MS = 2000;
/** By how much this machine's clock may differ from the database's: a warning, an error. Milliseconds. */
const SKEW_MS = { warn: 60_000, refuse: 3_600_000 };
/** Between two looks at another worker of the same name, milliseconds. */
const NAME_INTERVAL_MS = 250;

/** How a process takes part. */
export interface WorkerSettings {
  /** @default the machine's name and the process's id */
  readonly name?: string | undefined;
  /** How long its leases are, milliseconds. @default 15000 */
  readonly leaseMs?: number | undefined;
  /** Where other machines reach what its home has: asked at each renewal, since the home's server may be another one by then. */
  readonly url?: (() => string | undefined) | undefined;
}

/**
 * This process as one that owns jobs, runs and endpoints: one lease, renewed for all of them. It joins with the first
 * and leaves when the state is closed.
 */
export class Worker {
  readonly #state: Database;
  #settings: WorkerSettings = {};
  #joined: Promise<string> | undefined;
  #id: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<boolean> | undefined;
  readonly #listeners = new Set<(id: string) => void>();
  /** When the last renewal that was written began, by a steady clock. */
  #renewedAt: number | undefined;
  #clock: { readonly offset: number; readonly steadyFrom: number } | undefined;

  constructor(state: Database) {
    this.#state = state;
  }

  /** To be called before the first job or run. Absent members stay as they are. */
  configure(settings: WorkerSettings): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Who this process is now; undefined before it has joined, and after it has lost its lease. */
  get id(): string | undefined {
    return this.#id;
  }

  get leaseMs(): number {
    return this.#settings.leaseMs ?? LEASE_MS;
  }

  /** How long its lease lasts from now without another renewal, milliseconds; undefined before it has joined. */
  get leaseLeftMs(): number | undefined {
    if (this.#renewedAt === undefined) return undefined;
    return this.#id === undefined ? 0 : this.#renewedAt + this.leaseMs - performance.now();
  }

  /**
   * This process's worker, which joins where it has not.
   *
   * @throws SluiceError `WorkerNameTaken`, `ClockSkew`, `HomeLocked`, …
   */
  join(): Promise<string> {
    this.#joined ??= this.#join().catch((error: unknown) => {
      this.#joined = undefined;
      throw error;
    });
    return this.#joined;
  }

  /** Goes on as the worker that another process has registered for this one, with {@link registerWorker}. */
  takeUp(id: string): void {
    this.#joined = Promise.resolve(id);
    this.#begin(id);
  }

  /**
   * Does what makes this process the holder of something. Where it turns out that its lease was lost meanwhile, it joins
   * anew and does so once more.
   */
  async hold<Result>(work: (id: string) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.join());
    } catch (error) {
      if (!isLeaseLost(error) || (await this.renew())) throw error;
      return work(await this.join());
    }
  }

  /** Makes another process a worker, under the same settings but for the name. @returns its id */
  register(process: ProcessIdentity): Promise<string> {
    const { name, leaseMs, url } = this.#settings;
    return registerWorker(this.#state, process, {
      leaseMs,
      url,
      name: name && `${name}-jobs-${process.pid}`,
    });
  }

  /** Calls a listener when the lease is lost: with the id of the worker that this process was until then. */
  onLost(listener: (id: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Renews the lease now. Resolves with false where it was lost, or this process has none. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Who is at work. A clock of the database that has jumped makes nobody overdue for the length of a lease. */
  async roster(): Promise<Roster> {
    const roster = await readRoster(this.#state);
    if (roster.now === 0) return roster;
    const offset = roster.now - performance.now();
    const jumped = this.#clock !== undefined && Math.abs(offset - this.#clock.offset) > JUMP_MS;
    const steadyFrom = jumped ? performance.now() + this.leaseMs : (this.#clock?.steadyFrom ?? 0);
    this.#clock = { offset, steadyFrom };
    if (performance.now() >= steadyFrom) return roster;
    return new Roster(roster.now, [...roster.workers], false);
  }

  /** Leaves: what it holds still may be taken over at once. Never rejects. */
  async leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#joined?.catch(() => undefined);
    await this.#renewing?.catch(() => undefined);
    clearTimeout(this.#timer);
    const id = this.#id;
    this.#id = undefined;
    this.#joined = undefined;
    // One that cannot be written is seen by its process.
    if (id !== undefined) await deleteWorker(this.#state, id).catch(() => undefined);
  }

  async #join(): Promise<string> {
    const id = await registerWorker(this.#state, currentProcess(), this.#settings);
    this.#begin(id);
    return id;
  }

  #begin(id: string): void {
    this.#id = id;
    this.#renewedAt = performance.now();
    this.#renewIn(this.leaseMs / RENEWALS);
  }

  #renewIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.renew().catch(() => undefined), ms).unref();
  }

  async #renew(): Promise<boolean> {
    const id = this.#id;
    if (id === undefined) return false;
    const now = performance.now();
    try {
      if (await renewWorker(this.#state, id, this.#settings.url?.())) {
        this.#renewedAt = now;
        if (this.#id === id) this.#renewIn(this.leaseMs / RENEWALS);
        return true;
      }
    } catch (error) {
      // What this process holds may be lost by the time that the database is back: that is seen then.
      if (this.#id === id) this.#renewIn(RETRY_MS);
      throw error;
    }
    this.#lose(id);
    return false;
  }

  #lose(id: string): void {
    if (this.#id !== id) return;
    clearTimeout(this.#timer);
    this.#id = undefined;
    this.#joined = undefined;
    for (const listener of this.#listeners) listener(id);
  }
}

/**
 * Makes a process a worker.
 *
 * @returns its id
 * @throws SluiceError `WorkerNameTaken` where another one that lives has the name, `ClockSkew`
 */
export async function registerWorker(
  state: Database,
  process: ProcessIdentity,
  { name, leaseMs = LEASE_MS, url }: WorkerSettings = {},
): Promise<string> {
  const machine = thisMachine();
  await checkClock(state);
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('hex');
  const worker = { ...machine, ...process, id, leaseMs, url: url?.() };
  if (name !== undefined) return takeName(state, { ...worker, name });
  const made = `${machine.host}-${process.pid}`;
  // A process may have several databases open, or the same twice.
  const names = [made, `${made}-${id.slice(0, 6)}`];
  for (const each of names) if (await insertWorker(state, { ...worker, name: each })) return id;
  throw new SluiceError('InternalError', `No name is left for the worker of process ${process.pid}.`);
}

/** Waits until it is sure that another worker of the name is at work, or that its lease is over. */
async function takeName(state: Database, worker: Omit<WorkerRecord, 'until'>): Promise<string> {
  let first: WorkerRecord | undefined;
  for (;;) {
    const { holder, sure } = await holderOf(state, worker.name);
    if (holder && (sure || (first && (first.id !== holder.id || first.until !== holder.until))))
      throw nameTaken(worker, holder);
    if (!holder && (await insertWorker(state, worker))) return worker.id;
    first ??= holder;
    await sleep(NAME_INTERVAL_MS);
  }
}

/** Who has a name, and whether it is seen at work. One whose lease has run out, or that is gone, loses it. */
async function holderOf(
  state: Database,
  name: string,
): Promise<{ readonly holder: WorkerRecord | undefined; readonly sure: boolean }> {
  await shortenLeases(state);
  const roster = await readRoster(state);
  const holder = [...roster.workers].find((worker) => worker.name === name);
  const held = holder && roster.isHeld({ worker: holder.id });
  if (holder && !held && (await expelNow(state, holder))) return { holder: undefined, sure: true };
  return { holder, sure: holder !== undefined && isSeenFromHere(holder) };
}

function nameTaken(worker: Pick<WorkerRecord, 'name' | 'pid' | 'host'>, holder: WorkerRecord): SluiceError {
  return new SluiceError(
    'WorkerNameTaken',
    `The worker '${worker.name}' (process ${worker.pid} on ${worker.host}) cannot begin: ${describeWorker(holder)} has that name and is at work.`,
    {
      hint: 'Give each worker a name of its own with SLUICE_WORKER, or none: then it is made of the machine and the process.',
    },
  );
}

/** Leases go by the database's clock; times of jobs and runs by the machine's. @throws SluiceError `ClockSkew` */
async function checkClock(state: Database): Promise<void> {
  const row = await state.get<{ now: number }>('SELECT now_ms() AS now');
  const skewMs = Date.now() - (row?.now ?? Date.now());
  if (Math.abs(skewMs) < SKEW_MS.warn) return;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const message = `The clock of this machine, ${thisMachine().host}, is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the database's.`;
  const hint =
    'Set both by the same time server (NTP): jobs and runs show the times of the machine that wrote them.';
  if (Math.abs(skewMs) >= SKEW_MS.refuse) throw new SluiceError('ClockSkew', message, { hint });
  process.emitWarning(`${message} ${hint}`);
}

/** Ends the workers that are away or gone: nothing is left to be taken over of them. */
export async function expelLostWorkers(state: Database): Promise<void> {
  const roster = await workerOf(state).roster();
  for (const worker of roster.workers)
    if (!roster.isHeld({ worker: worker.id })) await expelNow(state, worker);
}

const workers = new WeakMap<Database, Worker>();

/** This process as a worker of a database: the same each time. */
export function workerOf(state: Database): Worker {
  const known = workers.get(state);
  if (known) return known;
  const worker = new Worker(state);
  workers.set(state, worker);
  return worker;
}

/** To be called before a database is closed. */
export async function leaveDatabase(state: Database): Promise<void> {
  await workers.get(state)?.leave();
}
