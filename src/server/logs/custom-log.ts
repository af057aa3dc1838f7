import type { LogPage, LogPageOptions } from '../../jobs/index.ts';
import {
  type Database,
  firstLogEventAt,
  type LogStreamRecord,
  logEventsEnd,
  readLogEvents,
} from '../../state/index.ts';
import type { OpenedLog } from './log-group.ts';

/** The events of a stream that a script writes, in the order in which they came in: a position is the id of an event. */
export class CustomLog implements OpenedLog {
  readonly #state: Database;
  readonly #stream: LogStreamRecord;

  constructor(state: Database, stream: LogStreamRecord) {
    this.#state = state;
    this.#stream = stream;
  }

  size(): Promise<number> {
    return logEventsEnd(this.#state, this.#stream.id);
  }

  async times() {
    const { firstEventAt: first, lastEventAt: last, ingestedAt: ingested } = this.#stream;
    return first === undefined || last === undefined || ingested === undefined
      ? undefined
      : { first, last, ingested };
  }

  async positionOf(time: number): Promise<number> {
    return (await firstLogEventAt(this.#state, this.#stream.id, time)) ?? this.size();
  }

  async page({ begin, end, from, limit, maxBytes }: LogPageOptions): Promise<LogPage> {
    const stream = this.#stream.id;
    const events = await readLogEvents(this.#state, { stream, begin, end, from, limit, maxBytes });
    const lines = events.map(({ id, time, message, ingestedAt }) => ({
      timestamp: new Date(time),
      stream: this.#stream.name,
      message,
      ingestedAt,
      end: id + 1,
    }));
    const [first, last] = [lines[0], lines.at(-1)];
    const nothing = from === 'end' ? end : begin;
    return { lines, begin: first ? first.end - 1 : nothing, end: last?.end ?? nothing };
  }

  async close(): Promise<void> {}
}
