import { SluiceError } from '../../core/errors.ts';

/** The most text that is taken for a cursor. */
const MAX_LENGTH = 64 * 1024;

const FORM = /^[^\s:]+:(?:0|[1-9]\d{0,14})$/;

/**
 * Where a reader of a job's log is: how far it has come in each stream. As text `algo-1:1024 algo-2:96`, positions in
 * bytes.
 */
export class LogCursor {
  readonly positions: Map<string, number>;

  private constructor(positions: Map<string, number>) {
    this.positions = positions;
  }

  /** @throws SluiceError `InvalidArgument` */
  static parse(text = ''): LogCursor {
    const parts = text === '' ? [] : text.slice(0, MAX_LENGTH).split(' ');
    if (text.length > MAX_LENGTH || !parts.every((part) => FORM.test(part))) throw wrongCursor(text);
    return new LogCursor(
      new Map(
        parts.map((part) => {
          const colon = part.lastIndexOf(':');
          return [part.slice(0, colon), Number(part.slice(colon + 1))];
        }),
      ),
    );
  }

  /** Goes on past a line. @returns the cursor as text */
  pass(stream: string, end: number): string {
    this.positions.set(stream, end);
    if (this.positions.size === 1) return `${stream}:${end}`;
    return Array.from(this.positions, ([name, position]) => `${name}:${position}`).join(' ');
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
