import { SluiceError } from '../../core/errors.ts';

/** The most text that is taken for a cursor. */
const MAX_LENGTH = 64 * 1024;

const FORM = /^([^\s@+]+)@(\d{1,15})\+([1-9]\d{0,8})$/;

/** How far a reader has come in one stream: `count` lines of the millisecond `time`, and all before it. */
export interface StreamPosition {
  readonly time: number;
  readonly count: number;
}

/** Where a reader of a job's log is, stream by stream; as text `algo-1-1700000000@1700000000123+2 …`. */
export class LogsCursor {
  readonly positions: Map<string, StreamPosition>;

  private constructor(positions: Map<string, StreamPosition>) {
    this.positions = positions;
  }

  /** @throws SluiceError `InvalidArgument` */
  static parse(text = ''): LogsCursor {
    const positions = new Map<string, StreamPosition>();
    for (const part of text === '' ? [] : text.slice(0, MAX_LENGTH).split(' ')) {
      const [, stream, time, count] = FORM.exec(part) ?? [];
      if (stream === undefined || text.length > MAX_LENGTH) throw wrongCursor(text);
      positions.set(stream, { time: Number(time), count: Number(count) });
    }
    return new LogsCursor(positions);
  }

  /** Goes on past a line of a stream. @returns the cursor as text */
  pass(stream: string, time: number): string {
    const known = this.positions.get(stream);
    this.positions.set(stream, { time, count: known?.time === time ? known.count + 1 : 1 });
    return Array.from(this.positions, ([name, at]) => `${name}@${at.time}+${at.count}`).join(' ');
  }
}

/** The error for a text that is no cursor of this log. */
export function wrongCursor(text: string): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `cursor: expected one that a line of this job's log carries, got '${text.slice(0, 100)}'.`,
    { hint: 'Leave it out to read the log from the beginning.' },
  );
}
