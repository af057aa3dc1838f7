import { join } from 'node:path';
import type { JobLogLine } from './log-reader.ts';
import { type LogPlace, type LogSource, localLogs } from './log-source.ts';

/** Length of `2026-01-01T00:00:00.000Z` and the space after it. */
const STAMP_LENGTH = 25;
const READ_BYTES = 256 * 1024;
/** A range that is searched line by line rather than halved, bytes. */
const SCAN_BYTES = 32 * 1024;

/** A line and the position of the byte after it. */
export interface PlacedLine extends JobLogLine {
  readonly end: number;
  /** When it came in, milliseconds since 1970. @default its own time */
  readonly ingestedAt?: number;
}

/** Some lines of a log stream, oldest first, and where they lie in it: byte positions. */
export interface LogPage {
  readonly lines: readonly PlacedLine[];
  readonly begin: number;
  readonly end: number;
}

/** Which lines to take: from the beginning of a range, or from its end. */
export interface LogPageOptions {
  readonly begin: number;
  readonly end: number;
  readonly from: 'begin' | 'end';
  /** The most lines. */
  readonly limit: number;
  /** The most bytes; one line is taken whatever its length. */
  readonly maxBytes: number;
}

/** One log stream, read by position and by time. Lines that are still being written are not seen. */
export class LogFile {
  readonly #file: LogSource;
  readonly #stream: string;

  private constructor(file: LogSource, stream: string) {
    this.#file = file;
    this.#stream = stream;
  }

  /** Opens a stream in a job's directory; undefined where there is none. */
  static open(jobDirectory: string, stream: string): Promise<LogFile | undefined> {
    return LogFile.in(localLogs(join(jobDirectory, 'logs')), stream);
  }

  /** Opens a stream of a place; undefined where there is none. @param name what its lines call it */
  static async in(place: LogPlace, stream: string, name = stream): Promise<LogFile | undefined> {
    const source = await place.open(stream);
    return source && new LogFile(source, name);
  }

  /** Bytes. */
  async size(): Promise<number> {
    return this.#file.size();
  }

  /** Whether a line begins at a position, or may. */
  async startsLine(position: number): Promise<boolean> {
    return position === 0 || (await this.#read(position - 1, position)).toString('latin1') === '\n';
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** The time of the first line, and of the last: undefined in an empty log. Milliseconds since 1970. */
  async times(): Promise<{ readonly first: number; readonly last: number } | undefined> {
    const range = { begin: 0, end: await this.size(), limit: 1, maxBytes: 1 };
    const [first] = (await this.page({ ...range, from: 'begin' })).lines;
    const [last] = (await this.page({ ...range, from: 'end' })).lines;
    return first && last && { first: first.timestamp.getTime(), last: last.timestamp.getTime() };
  }

  /** The position of the first line that is not older than a time, milliseconds since 1970. */
  async positionOf(time: number): Promise<number> {
    let low = 0;
    let high = await this.size();
    while (high - low > SCAN_BYTES) {
      const middle = low + Math.floor((high - low) / 2);
      const line = await this.#lineAfter(middle, high);
      if (line === undefined || line.time >= time) high = middle;
      else low = line.begin;
    }
    return this.#scanFor(time, low);
  }

  /** Takes lines out of a range. */
  async page(options: LogPageOptions): Promise<LogPage> {
    return options.from === 'begin' ? this.#forward(options) : this.#backward(options);
  }

  async #forward({ begin, end, limit, maxBytes }: LogPageOptions): Promise<LogPage> {
    const lines: PlacedLine[] = [];
    let position = begin;
    let rest: Buffer = Buffer.alloc(0);
    for (let read = begin; read < end; ) {
      const chunk = await this.#read(read, Math.min(end, read + READ_BYTES));
      if (chunk.length === 0) break;
      read += chunk.length;
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let stop = data.indexOf(10); stop !== -1; stop = data.indexOf(10, start)) {
        const length = stop + 1 - start;
        const full = lines.length === limit || position + length - begin > maxBytes;
        if (full && lines.length > 0) return { lines, begin, end: position };
        position += length;
        lines.push(this.#line(data.subarray(start, stop), position));
        start = stop + 1;
      }
      rest = data.subarray(start);
    }
    return { lines, begin, end: position };
  }

  async #backward({ begin, end, limit, maxBytes }: LogPageOptions): Promise<LogPage> {
    const last = await this.#lastLineEnd(begin, end);
    const lines: PlacedLine[] = [];
    let data: Buffer = Buffer.alloc(0);
    let from = last;
    let position = last;
    while (position > begin) {
      // The line that ends at `position` begins after the newline before it.
      let newline = data.length < 2 ? -1 : data.lastIndexOf(10, data.length - 2);
      while (newline === -1 && from > begin) {
        const chunk = await this.#read(Math.max(begin, from - READ_BYTES), from);
        from -= chunk.length;
        data = Buffer.concat([chunk, data]);
        newline = data.lastIndexOf(10, data.length - 2);
      }
      const line = data.subarray(newline + 1, data.length - 1);
      const full = lines.length === limit || last - (position - line.length - 1) > maxBytes;
      if (full && lines.length > 0) break;
      lines.push(this.#line(line, position));
      position -= line.length + 1;
      data = data.subarray(0, newline + 1);
    }
    return { lines: lines.reverse(), begin: position, end: last };
  }

  /** The end of the last whole line in a range. */
  async #lastLineEnd(begin: number, end: number): Promise<number> {
    for (let to = end; to > begin; ) {
      const from = Math.max(begin, to - READ_BYTES);
      const newline = (await this.#read(from, to)).lastIndexOf(10);
      if (newline !== -1) return from + newline + 1;
      to = from;
    }
    return begin;
  }

  /** The first line that begins after a position. */
  async #lineAfter(
    position: number,
    end: number,
  ): Promise<{ readonly begin: number; readonly time: number } | undefined> {
    for (let from = position; from < end; from += READ_BYTES) {
      const chunk = await this.#read(from, from + READ_BYTES + STAMP_LENGTH);
      const newline = chunk.subarray(0, READ_BYTES).indexOf(10);
      if (newline === -1) continue;
      const begin = from + newline + 1;
      const stamp = chunk.subarray(newline + 1, newline + STAMP_LENGTH);
      if (begin >= end || stamp.length < STAMP_LENGTH - 1) return undefined;
      return { begin, time: Date.parse(stamp.toString('latin1')) };
    }
    return undefined;
  }

  async #scanFor(time: number, begin: number): Promise<number> {
    let position = begin;
    const end = await this.size();
    for (;;) {
      const page = await this.#forward({
        begin: position,
        end,
        from: 'begin',
        limit: Number.POSITIVE_INFINITY,
        maxBytes: SCAN_BYTES,
      });
      const index = page.lines.findIndex((line) => line.timestamp.getTime() >= time);
      if (index !== -1) return page.lines[index - 1]?.end ?? position;
      if (page.end === position) return position;
      position = page.end;
    }
  }

  #line(bytes: Buffer, end: number): PlacedLine {
    return {
      timestamp: new Date(bytes.toString('latin1', 0, STAMP_LENGTH - 1)),
      stream: this.#stream,
      message: bytes.toString('utf8', STAMP_LENGTH),
      end,
    };
  }

  #read(from: number, to: number): Promise<Buffer> {
    return this.#file.read(from, to);
  }
}
