import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import { isPassing } from '../../core/is-passing.ts';
import {
  isQueued,
  type QueuedRun,
  type RunHandle,
  type RunResult,
  SharedPlaces,
  type StartRunOptions,
} from '../../engine/index.ts';
import { parseGraph, type WorkflowGraph } from '../../graph/index.ts';
import type { JobHandle } from '../../platforms/index.ts';
import {
  type CancelRequest,
  getRun,
  getRunGraph,
  isRunActive,
  isRunCancelRequested,
  listCancelRequests,
  listNodes,
  listServerRuns,
  readRoster,
  requestRunCancel,
  workerOf,
} from '../../state/index.ts';
import type { Home } from '../open-home.ts';
import { keepFunctionLine } from '../runs/function-log.ts';
import { QueuedRuns } from './queued-runs.ts';

/** How often requests to cancel runs are looked for, milliseconds. */
const CANCEL_INTERVAL_MS = 300;

/** How often runs are looked for that a server has left, milliseconds. */
const TAKEOVER_INTERVAL_MS = 500;

/** A run that could not be taken over is tried again after so long, milliseconds. */
const AGAIN_AFTER_MS = 60_000;

/** One that could not be because the state is away, after so long, milliseconds. */
const AGAIN_WHEN_AWAY_MS = 1000;

/** Runs that are taken over at the same time. */
const TAKEN_AT_ONCE = 8;

/** What a keeper needs. */
export interface RunKeeperOptions {
  readonly home: Pick<Home, 'state' | 'engine' | 'functions' | 'paths' | 'platforms' | 'sandboxed'>;
  readonly mostOpen: number;
  readonly log: (message: string) => void;
  /** Takes each run that is begun or taken over, before anything happens in it. */
  readonly onKept?: ((handle: RunHandle) => void) | undefined;
}

/**
 * Carries out the runs that came to a server, in its process: it only schedules, jobs run elsewhere. What servers of the
 * home have left, it takes over.
 */
export class RunKeeper {
  readonly #options: RunKeeperOptions;
  readonly #places = new SharedPlaces();
  readonly #handles = new Map<string, RunHandle>();
  readonly #queued = new QueuedRuns(this.#places, (run, lane) => void this.#startQueued(run, lane));
  /** Runs that have waited, and are being started. */
  readonly #starting = new Map<string, Promise<void>>();
  #holding: Disposable | undefined;
  /** Runs of this process that it has left, because their state could not be written. */
  readonly #left = new Set<string>();
  /** When runs that could not be taken over are tried again. */
  readonly #failed = new Map<string, number>();
  readonly #closed = new AbortController();
  #beginning = 0;
  #seen = 0;
  #loops: Promise<unknown> | undefined;

  constructor(options: RunKeeperOptions) {
    this.#options = options;
  }

  /** Takes over what was left, and goes on to look. */
  start(): void {
    this.#holding = workerOf(this.#options.home.state).onLost((worker) => this.#queued.lose(worker));
    this.#loops = Promise.all([
      this.#every(TAKEOVER_INTERVAL_MS, 'Runs that were left', () => this.#takeOver()),
      this.#every(CANCEL_INTERVAL_MS, 'Requests to cancel runs', () => this.#heedCancel()),
    ]);
  }

  /** Begins a run. @returns its id. @throws SluiceError `LimitExceeded` where too many are open */
  async begin(options: StartRunOptions): Promise<string> {
    this.#checkRoom();
    this.#beginning++;
    try {
      const engine = await this.#options.home.engine();
      const functions = await this.#functionsOf(options.graph);
      const common = { door: 'server', places: this.#places, functions } as const;
      return this.#take(await engine.admit({ ...options, ...common, remote: true }));
    } finally {
      this.#beginning--;
    }
  }

  /** Carries a run on. @throws SluiceError `RunNotFound`, `RunActive`, … */
  async resume(id: string): Promise<void> {
    if (this.#isHere(id))
      throw new SluiceError('RunActive', `Run '${id}' is being carried out by this server.`, {
        hint: 'Wait until it has ended, or cancel it.',
      });
    this.#checkRoom();
    const { home } = this.#options;
    const engine = await home.engine();
    const functions = await this.#recordedFunctions(id);
    const left = this.#left.has(id);
    this.#take(await engine.takeUp(id, { door: 'server', places: this.#places, functions, left }));
  }

  /** A run that has waited has got a place, or is to be cancelled without one. */
  async #startQueued(run: QueuedRun, lane?: string): Promise<void> {
    const started = this.#startWaiting(run, lane).finally(() => this.#starting.delete(run.id));
    this.#starting.set(run.id, started);
    await started;
  }

  async #startWaiting(run: QueuedRun, lane: string | undefined): Promise<void> {
    const { home } = this.#options;
    try {
      const engine = await home.engine();
      const functions = await this.#recordedFunctions(run.id);
      const handle = await engine.startQueued(run, lane, { places: this.#places, functions });
      this.#keep(handle);
      if (await isRunCancelRequested(home.state, run.id)) void handle.cancel();
    } catch (error) {
      if (this.#handles.has(run.id)) return;
      if (lane !== undefined) this.#places.give(lane);
      this.#left.add(run.id);
      this.#noteFailure(run.id, error);
    }
  }

  /** @returns the run's id */
  #take(run: RunHandle | QueuedRun): string {
    this.#left.delete(run.id);
    if (!isQueued(run)) this.#keep(run);
    else if (!this.#closed.signal.aborted) this.#queued.add(run);
    return run.id;
  }

  #isHere(id: string): boolean {
    return this.#handles.has(id) || this.#queued.has(id) || this.#starting.has(id);
  }

  async #recordedFunctions(id: string): ReturnType<Home['functions']> {
    const { home } = this.#options;
    if (!home.sandboxed) return {};
    return this.#functionsOf(await parseGraph(await getRunGraph(home.state, id), { recorded: true }));
  }

  /** Never in this process: their code came from elsewhere. Without the sandbox there are none, and the engine says so. */
  async #functionsOf(graph: WorkflowGraph): ReturnType<Home['functions']> {
    const { home } = this.#options;
    if (!home.sandboxed) return {};
    return home.functions(graph, (run, node, line) => keepFunctionLine(home.paths, run, node, line));
  }

  /** The run's handle, where this process carries it out. */
  find(id: string): RunHandle | undefined {
    return this.#handles.get(id);
  }

  /** Whether a run of this process waits for its first place. */
  isQueued(id: string): boolean {
    return this.#queued.has(id);
  }

  /**
   * Cancels a run, wherever it is carried out. One whose worker is gone ends at once, with its jobs. Idempotent.
   *
   * @throws SluiceError `RunNotFound`
   */
  async cancel(id: string, time: Date): Promise<CancelRequest> {
    const { state } = this.#options.home;
    const asked = await requestRunCancel(state, id, time.getTime());
    if (asked === 'asked') await this.#end(id);
    if (asked === 'aborted') await this.#cancelJobs(id);
    return asked;
  }

  /** Ends a run that is here: one that waits ends as one that was carried out. */
  async #end(id: string): Promise<void> {
    const queued = this.#queued.take(id);
    if (queued) await this.#startQueued(queued);
    void this.#handles.get(id)?.cancel();
  }

  /** Nobody follows them any more. */
  async #cancelJobs(id: string): Promise<void> {
    const platforms = await this.#options.home.platforms();
    for (const { phase, job } of await listNodes(this.#options.home.state, id))
      if (phase === 'Aborted' && job) await platforms[job.platform]?.cancel(job as JobHandle);
  }

  /** Lets go of all runs: they stay Running for the next server. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#holding?.[Symbol.dispose]();
    this.#queued.clear();
    await Promise.all(this.#starting.values());
    for (const handle of this.#handles.values()) handle.detach();
    await Promise.all([this.#loops, ...[...this.#handles.values()].map(({ done }) => done)]);
  }

  #checkRoom(): void {
    if (this.#closed.signal.aborted)
      throw new SluiceError('ServerUnavailable', 'The server is stopping.', {
        details: { retryAfterSeconds: 5 },
      });
    const { mostOpen } = this.#options;
    const open = this.#handles.size + this.#queued.size + this.#starting.size + this.#beginning;
    if (open < mostOpen) return;
    throw new SluiceError('LimitExceeded', `${mostOpen} runs are under way, as many as the server allows.`, {
      hint: 'Try again once some have ended, or raise server.runs.maxOpenRuns.',
      details: { retryAfterSeconds: 5 },
    });
  }

  #keep(handle: RunHandle): void {
    this.#handles.set(handle.id, handle);
    this.#options.onKept?.(handle);
    if (this.#closed.signal.aborted) handle.detach();
    void handle.done.then((result) => this.#noteEnd(result));
  }

  #noteEnd({ id, phase, error }: RunResult): void {
    this.#handles.delete(id);
    if (phase !== 'Running' || !error || this.#closed.signal.aborted) return;
    this.#left.add(id);
    this.#options.log(`The run '${id}' waits until its state can be written: ${error.message}`);
  }

  async #takeOver(): Promise<void> {
    const { home, log } = this.#options;
    const now = performance.now();
    // Those of this process are many, and here, unless it has left some.
    const but = this.#left.size === 0 ? workerOf(home.state).id : undefined;
    const left = (await listServerRuns(home.state, but)).filter(
      (id) => !this.#isHere(id) && (this.#failed.get(id) ?? 0) <= now,
    );
    if (left.length === 0) return;
    const roster = await readRoster(home.state);
    await forEachAtOnce(left, TAKEN_AT_ONCE, this.#closed.signal, async (id) => {
      try {
        if (!this.#left.has(id) && isRunActive(roster, await getRun(home.state, id))) return;
        await this.resume(id);
        log(`Carried on: ${id}`);
      } catch (error) {
        this.#noteFailure(id, error);
      }
    });
  }

  #noteFailure(id: string, error: unknown): void {
    if (error instanceof SluiceError && ['RunActive', 'RunNotFound'].includes(error.code)) {
      this.#left.delete(id);
      return;
    }
    this.#failed.set(id, performance.now() + (isPassing(error) ? AGAIN_WHEN_AWAY_MS : AGAIN_AFTER_MS));
    if (isPassing(error) && this.#left.has(id)) return;
    this.#options.log(`The run '${id}' cannot be carried on: ${errorMessage(error)}`);
  }

  /** Asked by other processes: `sluice runs cancel`. */
  async #heedCancel(): Promise<void> {
    if (this.#handles.size + this.#queued.size === 0) return;
    const { state } = this.#options.home;
    const { runs, last } = await listCancelRequests(state, this.#seen);
    for (const id of runs) {
      if (this.#isHere(id) && (await isRunCancelRequested(state, id))) await this.#end(id);
    }
    // Ids come into sight in another order than they were given where several processes write.
    this.#seen = Math.max(0, last - 1000);
  }

  async #every(intervalMs: number, what: string, look: () => Promise<void>): Promise<void> {
    const { signal } = this.#closed;
    let told = '';
    while (!signal.aborted) {
      await look().catch((error: unknown) => {
        const message = `${what} cannot be looked for: ${errorMessage(error)}`;
        if (message !== told) this.#options.log(message);
        told = message;
      });
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
