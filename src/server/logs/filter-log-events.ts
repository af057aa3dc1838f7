import { type JobRecord, LogFile, type PlacedLine } from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { parseFilterPattern } from './filter-pattern.ts';
import { logEvent, MAX_EVENT_BYTES, MAX_EVENTS, timeRange } from './get-log-events.ts';
import {
  findStream,
  type GroupInput,
  groupType,
  invalidParameter,
  type JobStream,
  listJobs,
  streamsOf,
} from './groups.ts';
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

/** How far a search has come: in which stream of which job, and at which byte of it. */
type Position = readonly [createdAt: number, job: string, stream: string, offset: number];

/** How much of the logs one answer looks through, bytes, and how many streams. */
const MAX_SCANNED_BYTES = 32 * 1024 * 1024;
const MAX_SCANNED_STREAMS = 1000;

/**
 * By design: jobs come in the order of their creation, the streams of a job one after the other; an answer looks
 * through a bounded part of the logs, so that it may be empty and yet have a nextToken, as AWS's may.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function filterLogEvents(input: FilterLogEventsInput, context: OperationContext) {
  if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  }
  const search = new Search(input);
  const position = input.nextToken === undefined ? undefined : parseToken(input.nextToken, isPosition);
  for await (const stream of selectedStreams(input, context, position)) {
    const offset = stream.job.name === position?.[1] && stream.name === position[2] ? position[3] : 0;
    const stopped = await search.run(stream, offset);
    if (stopped === undefined) continue;
    const { job, name } = stream;
    const next: Position = [job.createdAt, job.name, name, stopped];
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
  #eventBytes = 0;

  constructor(input: FilterLogEventsInput) {
    this.#input = input;
    this.#limit = input.limit ?? MAX_EVENTS;
    this.#fits = parseFilterPattern(input.filterPattern ?? '');
  }

  /** Searches a stream from a position on. Resolves with the position where the answer is full, if it is. */
  async run(stream: JobStream, offset: number): Promise<number | undefined> {
    if (this.#scannedStreams === MAX_SCANNED_STREAMS) return offset;
    this.#scannedStreams++;
    const file = await LogFile.open(stream.job.directory, stream.host);
    if (!file) return undefined;
    try {
      const range = await timeRange(file, this.#input);
      return await this.#runFile(file, stream, Math.max(offset, range.begin), range.end);
    } finally {
      await file.close();
    }
  }

  async #runFile(file: LogFile, stream: JobStream, begin: number, end: number): Promise<number | undefined> {
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
        this.#scannedBytes += line.end - position;
        position = line.end;
      }
    }
    return undefined;
  }

  #take(stream: JobStream, line: PlacedLine): void {
    if (!this.#fits(line.message)) return;
    this.#eventBytes += line.message.length;
    const eventId = `${stream.job.createdAt}.${stream.name}.${line.end}`;
    this.events.push({ logStreamName: stream.name, ...logEvent(line), eventId });
  }

  #isFull(): boolean {
    return (
      this.events.length >= this.#limit ||
      this.#eventBytes >= MAX_EVENT_BYTES ||
      this.#scannedBytes >= MAX_SCANNED_BYTES
    );
  }
}

async function* selectedStreams(
  input: FilterLogEventsInput,
  context: OperationContext,
  position: Position | undefined,
): AsyncGenerator<JobStream> {
  for await (const job of selectedJobs(input, context, position)) {
    for (const stream of await streamsOf(context.jobs, job)) {
      const seen = job.name === position?.[1] && stream.name < position[2];
      const wanted = input.logStreamNames?.includes(stream.name) ?? true;
      if (!seen && wanted && stream.name.startsWith(input.logStreamNamePrefix ?? '')) yield stream;
    }
  }
}

async function* selectedJobs(
  input: FilterLogEventsInput,
  { jobs }: OperationContext,
  position: Position | undefined,
): AsyncGenerator<JobRecord> {
  const type = groupType(input);
  const { logStreamNames: names, logStreamNamePrefix: prefix = '' } = input;
  const exact = names ?? (prefix.includes('/') ? [prefix] : undefined);
  if (exact) {
    const streams = await Promise.all(exact.map((name) => findStream(jobs, type, name)));
    const found = new Map(streams.flatMap((stream) => (stream ? [[stream.job.name, stream.job]] : [])));
    const inOrder = [...found.values()].sort(
      (a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1),
    );
    yield* inOrder.filter((job) => !position || !isBefore(job, position));
    return;
  }
  const current = position && (await jobs[type].find(position[1]));
  if (current) yield current;
  const after = position && { value: position[0], name: position[1] };
  yield* listJobs(jobs, type, { sortBy: 'createdAt', namePrefix: prefix, after });
}

function isBefore(job: JobRecord, [createdAt, name]: Position): boolean {
  return job.createdAt < createdAt || (job.createdAt === createdAt && job.name < name);
}

function isPosition(value: unknown): value is Position {
  if (!Array.isArray(value)) return false;
  const [createdAt, job, stream, offset] = value as unknown[];
  return (
    typeof createdAt === 'number' &&
    typeof job === 'string' &&
    typeof stream === 'string' &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0
  );
}
