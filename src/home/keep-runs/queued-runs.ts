import type { QueuedRun, SharedPlaces } from '../../engine/index.ts';

interface Waiting {
  readonly run: QueuedRun;
  readonly wake: () => void;
}

/** The runs of this process that wait for their first place: of each there is as much here as finds it again. */
export class QueuedRuns {
  readonly #places: SharedPlaces;
  readonly #start: (run: QueuedRun, lane: string) => void;
  readonly #waiting = new Map<string, Waiting>();

  /** @param start takes a run that has got a place, and the place's lane */
  constructor(places: SharedPlaces, start: (run: QueuedRun, lane: string) => void) {
    this.#places = places;
    this.#start = start;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** A run waits from now on, or is started at once where there is a place by now. */
  add(run: QueuedRun): void {
    this.#waiting.set(run.id, { run, wake: () => this.#wake(run) });
    this.#wake(run);
  }

  /** A run waits no more. @returns undefined where it did not */
  take(id: string): QueuedRun | undefined {
    const waiting = this.#waiting.get(id);
    if (!waiting) return undefined;
    this.#waiting.delete(id);
    this.#places.leave(waiting.wake);
    return waiting.run;
  }

  /** Those that a worker held wait no more: they are another one's by now. */
  lose(worker: string): void {
    for (const [id, { run }] of this.#waiting) if (run.lease.worker === worker) this.take(id);
  }

  /** Nothing waits any more. */
  clear(): void {
    for (const id of this.#waiting.keys()) this.take(id);
  }

  #wake(run: QueuedRun): void {
    const waiting = this.#waiting.get(run.id);
    const lane = waiting && run.lanes.find(({ name, limit }) => this.#places.take(name, limit, waiting.wake));
    if (!lane) return;
    this.take(run.id);
    this.#start(run, lane.name);
  }
}
