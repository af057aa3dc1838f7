import {
  type Database,
  type MetricKey,
  type MetricPoint,
  type MetricPoints,
  putMetrics,
} from '../../state/index.ts';

/** How long points wait to be written with others, milliseconds. */
const FLUSH_MS = 10_000;
/** More points than this are written at once. */
const MAX_POINTS = 5000;

/**
 * Points of metrics on their way into the database, several at a time. Metrics are told beside a job and never stop it:
 * what cannot be written is lost.
 */
export class MetricBuffer {
  readonly #state: Database;
  readonly #metrics = new Map<string, MetricPoints & { readonly points: MetricPoint[] }>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: Database) {
    this.#state = state;
  }

  /** Takes a point. @param unit `Percent`, `Microseconds`, … */
  add(metric: MetricKey, unit: string, point: MetricPoint): void {
    const id = JSON.stringify([metric, unit]);
    const known = this.#metrics.get(id);
    if (known) known.points.push(point);
    else this.#metrics.set(id, { ...metric, unit, points: [point] });
    this.#count++;
    if (this.#count >= MAX_POINTS) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes what has come. Never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const metrics = [...this.#metrics.values()];
    this.#metrics.clear();
    this.#count = 0;
    await putMetrics(this.#state, metrics).catch(() => undefined);
  }
}
