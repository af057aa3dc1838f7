import { setTimeout as sleep } from 'node:timers/promises';
import { isPeerUnavailable } from '../peers.ts';
import type { LogPlace, LogSource } from './log-source.ts';

/** One line of a job's log. */
export interface JobLogLine {
  readonly timestamp: Date;
  /** The log stream, `algo-1`. */
  readonly stream: string;
  readonly message: string;
  /** The step of a progress bar that the next line took the place of. @default false */
  readonly overwritten?: boolean;
}

/** A line and where it ends in its stream: the position of the byte after it. */
export interface ReadLogLine extends JobLogLine {
  readonly end: number;
}

/** How to read logs. */
export interface ReadLogsOptions {
  /** Where the streams are now: a job may be taken over by another machine while its log is followed. */
  readonly place: () => Promise<LogPlace>;
  /** This stream alone. @default all, merged by time */
  readonly stream?: string | undefined;
  /** Where to begin in each stream: the {@link ReadLogLine.end} of a line. @default 0 */
  readonly from?: ReadonlyMap<string, number> | undefined;
  /** Goes on after what is there until this says so. Absent: ends at the end of what is there. */
  readonly follow?: (() => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How often a followed log is looked at, milliseconds. */
const FOLLOW_INTERVAL_MS = 50;
const READ_BYTES = 256 * 1024;
const TAIL_BYTES = 64 * 1024;
/** Length of `2026-01-01T00:00:00.000Z` and the space after it. */
const STAMP_LENGTH = 25;

/** The lines of a job's log, several streams merged by time. Memory is bounded. */
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<ReadLogLine> {
  const streams = new Map<string, StreamReader>();
  let place: LogPlace | undefined;
  try {
    for (;;) {
      const ended = options.follow?.() ?? true;
      try {
        place ??= await options.place();
        await openStreams(options, place, streams);
        yield* mergedLines([...streams.values()], options.signal);
      } catch (error) {
        if (ended || !isPeerUnavailable(error)) throw error;
        // Its machine may be gone: the job ends, or goes on elsewhere.
        place = undefined;
        for (const stream of streams.values()) stream.lose();
      }
      if (ended || options.signal?.aborted) return;
      await sleep(place?.everyMs ?? FOLLOW_INTERVAL_MS, undefined, { signal: options.signal }).catch(
        () => undefined,
      );
    }
  } finally {
    for (const stream of streams.values()) await stream.close();
  }
}

/** The last lines of a stream. Reads at most 64 KiB. */
export async function readLogTail(place: LogPlace, stream: string, count: number): Promise<string[]> {
  const file = await place.open(stream);
  if (!file) return [];
  try {
    const size = await file.size();
    const bytes = await file.read(Math.max(0, size - TAIL_BYTES), size);
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .slice(0, -1)
      .filter((line) => line[STAMP_LENGTH - 1] !== '\r');
    return lines.slice(-count).map((line) => line.slice(STAMP_LENGTH));
  } finally {
    await file.close();
  }
}

async function openStreams(
  { stream, from }: ReadLogsOptions,
  place: LogPlace,
  streams: Map<string, StreamReader>,
): Promise<void> {
  for (const name of await place.streams()) {
    const known = streams.get(name);
    if (known?.there || (stream !== undefined && name !== stream)) continue;
    const source = await place.open(name);
    if (source && known) await known.goOn(source);
    else if (source) streams.set(name, new StreamReader(name, source, from?.get(name) ?? 0));
  }
}

/** Yields the earliest line of all streams until each is at its end. */
async function* mergedLines(
  streams: readonly StreamReader[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ReadLogLine> {
  for (;;) {
    if (signal?.aborted) return;
    let earliest: StreamReader | undefined;
    for (const stream of streams) {
      const head = stream.head() ?? (await stream.fill());
      if (head && (!earliest || head.timestamp < (earliest.head() as ReadLogLine).timestamp))
        earliest = stream;
    }
    if (!earliest) return;
    yield earliest.take();
  }
}

class StreamReader {
  readonly #name: string;
  #file: LogSource | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #lines: ReadLogLine[] = [];
  #next = 0;
  /** Where the next bytes are read, and where the first line that was not parsed begins. */
  #position: number;
  #end: number;

  constructor(name: string, file: LogSource, from: number) {
    this.#name = name;
    this.#file = file;
    this.#position = from;
    this.#end = from;
  }

  /** Whether it is open. */
  get there(): boolean {
    return this.#file !== undefined;
  }

  /** Waits for another source of the stream. */
  lose(): void {
    this.#file = undefined;
  }

  /** Goes on in another source: where that is another attempt's, from its beginning. */
  async goOn(source: LogSource): Promise<void> {
    if ((await source.size()) < this.#position) {
      this.#position = 0;
      this.#end = 0;
      this.#rest = Buffer.alloc(0);
    }
    this.#file = source;
  }

  head(): ReadLogLine | undefined {
    return this.#lines[this.#next];
  }

  take(): ReadLogLine {
    return this.#lines[this.#next++] as ReadLogLine;
  }

  /** Reads on; a line without its end waits for it. */
  async fill(): Promise<ReadLogLine | undefined> {
    for (;;) {
      if (!this.#file) return undefined;
      const read = await this.#file.read(this.#position, this.#position + READ_BYTES);
      if (read.length === 0) return undefined;
      this.#position += read.length;
      const bytes = Buffer.concat([this.#rest, read]);
      const end = bytes.lastIndexOf(10);
      this.#rest = bytes.subarray(end + 1);
      if (end < 0) continue;
      this.#lines = this.#parse(bytes.subarray(0, end + 1));
      this.#next = 0;
      return this.#lines[0];
    }
  }

  /** Whole lines. */
  #parse(bytes: Buffer): ReadLogLine[] {
    const begin = this.#end;
    this.#end += bytes.length;
    let next = 0;
    return bytes
      .toString('utf8', 0, bytes.length - 1)
      .split('\n')
      .map((line) => {
        // Not by the text's length: bytes that are no UTF-8 have another one there.
        next = bytes.indexOf(10, next) + 1;
        return parseLine(this.#name, line, begin + next);
      });
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function parseLine(stream: string, line: string, end: number): ReadLogLine {
  const timestamp = new Date(line.slice(0, STAMP_LENGTH - 1));
  const overwritten = line[STAMP_LENGTH - 1] === '\r';
  return { timestamp, stream, message: line.slice(STAMP_LENGTH), ...(overwritten && { overwritten }), end };
}
