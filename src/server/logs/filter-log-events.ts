import type { PlacedLine } from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { parseFilterPattern } from './filter-pattern.ts';
import { logEvent, MAX_EVENT_BYTES, MAX_EVENTS, timeRange } from './get-log-events.ts';
import { findGroup, type GroupInput } from './groups.ts';
import { isPosition, type LogStream, type OpenedLog, type StreamPosition } from './log-group.ts';
import { invalidParameter } from './logs-errors.ts';
import { makeToken, parseToken } from './tokens.ts';

/** What is asked for. Times: milliseconds since 1970, endTime exclusive. */
export interface FilterLogEventsInput extends GroupInput {
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly filterPattern?: string;
  readonly nextToken?: string;
  /** @default 10000 */
  readonly limit?: number;
}

/** How far a search has come: in which stream, and at which byte of it. */
type SearchPosition = StreamPosition & { readonly offset: number };

/** How much of the logs one answer looks through, bytes, and how many streams. */
const MAX_SCANNED_BYTES = 32 * 1024 * 1024;
const MAX_SCANNED_STREAMS = 1000;
/** How long one answer looks for, milliseconds: other requests wait meanwhile. */
const MAX_SCAN_MS = 500;
/** What CloudWatch counts for an event beside its message. */
const EVENT_OVERHEAD_BYTES = 26;

/**
 * By design: jobs and instances come in the order of their creation, the streams of a job one after the other; an
 * answer looks through a bounded part of the logs, so that it may be empty and yet have a nextToken, as AWS's may.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function filterLogEvents(input: FilterLogEventsInput, context: OperationContext) {
  if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  }
  const search = new Search(input);
  const from = input.nextToken === undefined ? undefined : parseToken(input.nextToken, isSearchPosition);
  const group = await findGroup(input, context);
  const selected = group.streams({
    sortBy: 'createdAt',
    prefix: input.logStreamNamePrefix,
    names: input.logStreamNames,
    from,
  });
  for await (const stream of selected) {
    const stopped = await search.run(stream, stream.name === from?.name ? from.offset : 0);
    if (stopped === undefined) continue;
    const { name, createdAt } = stream;
    const next: SearchPosition = { createdAt, name, offset: stopped };
    return { events: search.events, searchedLogStreams: [], nextToken: makeToken(next) };
  }
  return { events: search.events, searchedLogStreams: [] };
}

type FilteredEvent = ReturnType<typeof logEvent> & {
  readonly logStreamName: string;
  readonly eventId: string;
};

class Search {
  readonly events: FilteredEvent[] = [];
  readonly #input: FilterLogEventsInput;
  readonly #limit: number;
  readonly #fits: (message: string) => boolean;
  #scannedBytes = 0;
  #scannedStreams = 0;
  #scanMs = 0;
  #eventBytes = 0;

  constructor(input: FilterLogEventsInput) {
    this.#input = input;
    this.#limit = input.limit ?? MAX_EVENTS;
    this.#fits = parseFilterPattern(input.filterPattern ?? '');
  }

  /** Searches a stream from a position on. Resolves with the position where the answer is full, if it is. */
  async run(stream: LogStream, offset: number): Promise<number | undefined> {
    if (this.#scannedStreams === MAX_SCANNED_STREAMS) return offset;
    this.#scannedStreams++;
    const file = await stream.open();
    if (!file) return undefined;
    try {
      const range = await timeRange(file, this.#input);
      return await this.#runFile(file, stream, Math.max(offset, range.begin), range.end);
    } finally {
      await file.close();
    }
  }

  async #runFile(
    file: OpenedLog,
    stream: LogStream,
    begin: number,
    end: number,
  ): Promise<number | undefined> {
    for (let position = begin; position < end; ) {
      if (this.#isFull()) return position;
      const page = await file.page({
        begin: position,
        end,
        from: 'begin',
        limit: MAX_EVENTS,
        maxBytes: MAX_EVENT_BYTES,
      });
      if (page.lines.length === 0) return undefined;
      for (const line of page.lines) {
        if (this.#isFull()) return position;
        this.#take(stream, line);
        this.#scannedBytes += line.message.length + EVENT_OVERHEAD_BYTES;
        position = line.end;
      }
    }
    return undefined;
  }

  #take(stream: LogStream, line: PlacedLine): void {
    const begin = performance.now();
    const fits = this.#fits(line.message);
    this.#scanMs += performance.now() - begin;
    if (!fits) return;
    this.#eventBytes += line.message.length;
    const eventId = `${stream.createdAt}.${stream.name}.${line.end}`;
    this.events.push({ logStreamName: stream.name, ...logEvent(line), eventId });
  }

  #isFull(): boolean {
    return (
      this.events.length >= this.#limit ||
      this.#eventBytes >= MAX_EVENT_BYTES ||
      this.#scannedBytes >= MAX_SCANNED_BYTES ||
      this.#scanMs >= MAX_SCAN_MS
    );
  }
}

function isSearchPosition(value: unknown): value is SearchPosition {
  if (!isPosition(value)) return false;
  const { offset } = value as Partial<SearchPosition>;
  return Number.isSafeInteger(offset) && (offset as number) >= 0;
}
