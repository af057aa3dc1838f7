import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { RunEvent, RunHandle } from '../../../engine/index.ts';
import {
  type EventPosition,
  getRun,
  isRunActive,
  readRoster,
  readRunEvents,
  type StateEvent,
} from '../../../state/index.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiError } from '../api-error.ts';
import type { EventStream } from '../event-stream.ts';
import type { ApiAnswer, ApiRequest } from '../route.ts';
import type { queries, RunEventBody } from '../schemas.ts';

/** How often events are looked for of a run that another process carries out, milliseconds. */
const LOOK_INTERVAL_MS = 500;

type Request = ApiRequest<{ readonly id: string }, z.infer<typeof queries.events>, undefined>;

/** `GET /runs/{id}/events`: what is kept is read from the state, so that a reader who comes again misses nothing. */
export async function streamEvents(context: ApiContext, request: Request): Promise<ApiAnswer | undefined> {
  const {
    path: { id },
  } = request;
  const { state } = context.home;
  let position: EventPosition = { after: startOf(request) };
  const hasEnded = async (): Promise<boolean> => {
    const run = await getRun(state, id);
    return (
      run.phase !== 'Running' || (!context.keeper.find(id) && !isRunActive(await readRoster(state), run))
    );
  };
  // A browser that asks again after the end is told so: it asks no more.
  if (await hasEnded()) {
    const { events } = await readRunEvents(state, id, position, 1);
    if (position.after > 0 && events.length === 0) return { status: 204 };
  }
  const stream = context.streams.open(request.response);
  const news = new News(context.keeper.find(id), stream.signal);
  try {
    while (!stream.signal.aborted) {
      news.reset();
      const ended = await hasEnded();
      const page = await readRunEvents(state, id, position);
      position = page.position;
      for (const event of page.events)
        await stream.send({ id: event.id, event: event.kind, data: toBody(event) });
      if (page.events.length > 0) continue;
      await sendProgress(stream, news);
      if (ended) break;
      if (news.isOver) news.follow(context.keeper.find(id));
      await news.wait();
    }
  } catch (error) {
    // The reader has gone, or the state cannot be read: it comes again with the last id.
    if (!stream.signal.aborted && !(error as { code?: unknown }).code) throw error;
  } finally {
    news.close();
    stream.end();
  }
  return undefined;
}

function startOf({ query, request }: Request): number {
  const last = request.headers['last-event-id'];
  if (last === undefined) return Number(query.after ?? 0);
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last);
  throw new ApiError(400, 'InvalidArgument', 'Last-Event-ID: expected the id of an event.', {
    field: 'Last-Event-ID',
  });
}

async function sendProgress(stream: EventStream, news: News): Promise<void> {
  for (const data of news.takeProgress()) await stream.send({ event: 'progress', data });
}

/** Tells that something has happened in a run of this process; of what its jobs say the last is kept for each. */
class News {
  readonly #signal: AbortSignal;
  readonly #progress = new Map<string, RunEventBody>();
  #events: AsyncIterator<RunEvent> | undefined;
  #wake = Promise.withResolvers<void>();
  isOver = true;

  constructor(handle: RunHandle | undefined, signal: AbortSignal) {
    this.#signal = signal;
    this.follow(handle);
  }

  follow(handle: RunHandle | undefined): void {
    if (!handle) return;
    this.isOver = false;
    this.#events = handle.events[Symbol.asyncIterator]();
    void this.#listen(this.#events);
  }

  reset(): void {
    this.#wake = Promise.withResolvers<void>();
  }

  async wait(): Promise<void> {
    const waited = new AbortController();
    const signal = AbortSignal.any([this.#signal, waited.signal]);
    const limitMs = this.isOver ? LOOK_INTERVAL_MS : 60_000;
    await Promise.race([this.#wake.promise, sleep(limitMs, undefined, { signal }).catch(() => undefined)]);
    waited.abort();
  }

  *takeProgress(): Generator<RunEventBody> {
    for (const [node, body] of this.#progress) {
      this.#progress.delete(node);
      yield body;
    }
  }

  close(): void {
    void this.#events?.return?.();
  }

  async #listen(events: AsyncIterator<RunEvent>): Promise<void> {
    for (;;) {
      const { done, value } = await events.next();
      if (done) break;
      if (value.type === 'job') this.#progress.set(value.node, progressOf(value));
      this.#wake.resolve();
    }
    this.isOver = true;
    this.#wake.resolve();
  }
}

function progressOf({ time, node, status }: Extract<RunEvent, { type: 'job' }>): RunEventBody {
  return {
    type: 'progress',
    time: time.toISOString(),
    node,
    phase: status.phase,
    ...(status.secondaryStatus !== undefined && { status: status.secondaryStatus }),
    ...(status.message !== undefined && { message: status.message }),
    metrics: { ...status.metrics },
  };
}

interface EventData {
  readonly node?: string;
  readonly attempt?: number;
  readonly job?: string;
  readonly code?: string;
  readonly message?: string;
}

function toBody({ id, kind, type, time, data }: StateEvent): RunEventBody {
  const { node, attempt, job, code, message } = (data ?? {}) as EventData;
  return {
    id,
    time: new Date(time).toISOString(),
    type: kind === 'node' ? 'node' : 'run',
    phase: type,
    ...(node !== undefined && { node }),
    ...(attempt !== undefined && { attempt }),
    ...(job !== undefined && { jobName: job }),
    ...(code !== undefined && { error: { code, message: message ?? '' } }),
  };
}
