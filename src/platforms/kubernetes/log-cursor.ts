import { SluiceError } from '../../core/errors.ts';

const LONGEST = 64 * 1024;
const FORM = /^([a-z0-9][a-z0-9.-]{0,252})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\+([1-9]\d{0,8})$/;

/** How far a reader has come in one stream: `count` lines of that time, and all before it. */
export interface HostPosition {
  /** As the kubelet writes it, with up to nine digits of a second. */
  readonly time: string;
  readonly count: number;
}

/** Where a reader of a log is, stream by stream; as text `algo-1@2026-11-28T10:00:00.123456789Z+1 …`. */
export class LogCursor {
  readonly positions: Map<string, HostPosition>;

  private constructor(positions: Map<string, HostPosition>) {
    this.positions = positions;
  }

  /** @param isStream - Whether the log may have a stream of a name. @throws SluiceError `InvalidArgument` */
  static parse(text: string | undefined, isStream: (name: string) => boolean): LogCursor {
    const positions = new Map<string, HostPosition>();
    for (const part of text === undefined || text === '' ? [] : text.slice(0, LONGEST).split(' ')) {
      const [, host, time, count] = FORM.exec(part) ?? [];
      if (host === undefined || time === undefined || !isStream(host)) throw wrongCursor(text as string);
      positions.set(host, { time, count: Number(count) });
    }
    return new LogCursor(positions);
  }

  /** Goes on past a line of a host. @returns the cursor as text */
  pass(host: string, time: string): string {
    const known = this.positions.get(host);
    this.positions.set(host, { time, count: known?.time === time ? known.count + 1 : 1 });
    return Array.from(this.positions, ([name, at]) => `${name}@${at.time}+${at.count}`).join(' ');
  }
}

function wrongCursor(text: string): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `cursor: expected one that a line of this log carries, got '${text.slice(0, 100)}'.`,
    { hint: 'Leave it out to read the log from the beginning.' },
  );
}
