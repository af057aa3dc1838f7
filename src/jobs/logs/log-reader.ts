import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../../core/errors.ts';

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
  /** The directory of `<stream>.log` files. It need not exist yet. */
  readonly directory: string;
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
/** Length of `2026-01-01T00:00:00.000Z` and the space after it. */
const STAMP_LENGTH = 25;

/** The lines of a job's log, several streams merged by time. Memory is bounded. */
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<ReadLogLine> {
  const streams = new Map<string, StreamReader>();
  try {
    for (;;) {
      const ended = options.follow?.() ?? true;
      await openStreams(options, streams);
      yield* mergedLines([...streams.values()], options.signal);
      if (ended || options.signal?.aborted) return;
      await sleep(FOLLOW_INTERVAL_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  } finally {
    for (const stream of streams.values()) await stream.close();
  }
}

/** The last lines of a stream. Reads at most 64 KiB. */
export async function readLogTail(directory: string, stream: string, count: number): Promise<string[]> {
  const file = await open(join(directory, `${stream}.log`)).catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 64 * 1024);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer
      .toString('utf8', 0, bytesRead)
      .split('\n')
      .slice(0, -1)
      .filter((line) => line[STAMP_LENGTH - 1] !== '\r');
    return lines.slice(-count).map((line) => line.slice(STAMP_LENGTH));
  } finally {
    await file.close();
  }
}

/** The names of a job's log streams, sorted: `algo-1`, and of several containers `algo-1/first`. */
export async function listLogStreams(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(missingIsEmpty);
  return names
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -4))
    .sort();
}

async function openStreams(options: ReadLogsOptions, streams: Map<string, StreamReader>): Promise<void> {
  const names = await listLogStreams(options.directory);
  for (const name of names) {
    if (streams.has(name) || (options.stream !== undefined && name !== options.stream)) continue;
    const file = await open(join(options.directory, `${name}.log`));
    streams.set(name, new StreamReader(name, file, options.from?.get(name) ?? 0));
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
  readonly #file: FileHandle;
  #rest: Buffer = Buffer.alloc(0);
  #lines: ReadLogLine[] = [];
  #next = 0;
  /** Where the next bytes are read, and where the first line that was not parsed begins. */
  #position: number;
  #end: number;

  constructor(name: string, file: FileHandle, from: number) {
    this.#name = name;
    this.#file = file;
    this.#position = from;
    this.#end = from;
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
      const { buffer, bytesRead } = await this.#file.read(
        Buffer.allocUnsafe(READ_BYTES),
        0,
        READ_BYTES,
        this.#position,
      );
      if (bytesRead === 0) return undefined;
      this.#position += bytesRead;
      const bytes = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
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
    await this.#file.close();
  }
}

function parseLine(stream: string, line: string, end: number): ReadLogLine {
  const timestamp = new Date(line.slice(0, STAMP_LENGTH - 1));
  const overwritten = line[STAMP_LENGTH - 1] === '\r';
  return { timestamp, stream, message: line.slice(STAMP_LENGTH), ...(overwritten && { overwritten }), end };
}

function missingIsEmpty(error: unknown): string[] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw error;
}
