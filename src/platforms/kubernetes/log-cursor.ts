import { SluiceError } from '../../core/errors.ts';

const LONGEST = 64 * 1024;
const FORM = /^(algo-\d{1,4})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\+([1-9]\d{0,8})$/;

/** How far a reader has come in one host's log: `count` lines of that time, and all before it. */
export interface HostPosition {
  /** As the kubelet writes it, with up to nine digits of a second. */
  readonly time: string;
  readonly count: number;
}

/** Where a reader of a job's log is, host by host; as text `algo-1@2026-11-28T10:00:00.123456789Z+1 …`. */
export class HostsCursor {
  readonly positions: Map<string, HostPosition>;

  private constructor(positions: Map<string, HostPosition>) {
    this.positions = positions;
  }

  /** @param hosts - How many the job has. @throws SluiceError `InvalidArgument` */
  static parse(text: string | undefined, hosts: number): HostsCursor {
    const positions = new Map<string, HostPosition>();
    for (const part of text === undefined || text === '' ? [] : text.slice(0, LONGEST).split(' ')) {
      const [, host, time, count] = FORM.exec(part) ?? [];
      const index = Number(host?.slice('algo-'.length));
      if (host === undefined || time === undefined || !(index >= 1 && index <= hosts))
        throw wrongCursor(text as string);
      positions.set(host, { time, count: Number(count) });
    }
    return new HostsCursor(positions);
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
    `cursor: expected one that a line of this job's log carries, got '${text.slice(0, 100)}'.`,
    { hint: 'Leave it out to read the log from the beginning.' },
  );
}
