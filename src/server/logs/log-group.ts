import type { LogPage, LogPageOptions } from '../../jobs/index.ts';

/** What a log stream holds, by position and by time. `LogFile` is one. */
export interface OpenedLog {
  /** The position after the last event. */
  size(): Promise<number>;
  /** When the first and the last event were, and when the last one came in: milliseconds since 1970. */
  times(): Promise<{ readonly first: number; readonly last: number; readonly ingested?: number } | undefined>;
  /** The position of the first event that is not older than a time, milliseconds since 1970. */
  positionOf(time: number): Promise<number>;
  /** Takes events out of a range. */
  page(options: LogPageOptions): Promise<LogPage>;
  close(): Promise<void>;
}

/** One log stream. */
export interface LogStream {
  /** `<job>/algo-1-<seconds>`, `<variant>/i-0123456789abcdef0`; of several containers, with `/<container>` after it. */
  readonly name: string;
  /** Opens what it holds; undefined where that is not there. */
  readonly open: () => Promise<OpenedLog | undefined>;
  /** When it, its job or its instance was created: milliseconds since 1970. */
  readonly createdAt: number;
}

/** A place among the streams of a group. */
export type StreamPosition = Pick<LogStream, 'name' | 'createdAt'>;

/** Which streams of a group, in which order. */
export interface StreamSelection {
  readonly sortBy: 'name' | 'createdAt';
  /** @default false */
  readonly descending?: boolean | undefined;
  /** @default '' */
  readonly prefix?: string | undefined;
  /** These alone. */
  readonly names?: readonly string[] | undefined;
  /** Begins with the stream in this place, or with the next one where it is gone. */
  readonly from?: StreamPosition | undefined;
}

/** One log group. */
export interface LogGroup {
  readonly name: string;
  /** The streams that are selected, in order. */
  streams(selection: StreamSelection): AsyncIterable<LogStream>;
  /** The stream of a name, though its file may not be there; undefined where there can be none. */
  find(name: string): Promise<LogStream | undefined>;
}

/** Whether what came in a token can be a place. */
export function isPosition(value: unknown): value is StreamPosition {
  const { createdAt, name } = (value ?? {}) as Partial<StreamPosition>;
  return Number.isSafeInteger(createdAt) && typeof name === 'string';
}

/** Those of a few streams that are selected, in order. */
export function selectStreams(streams: readonly LogStream[], selection: StreamSelection): LogStream[] {
  const { prefix = '', names, from } = selection;
  return streams
    .filter(({ name }) => name.startsWith(prefix) && (names?.includes(name) ?? true))
    .filter((stream) => !from || compare(stream, from, selection) >= 0)
    .sort((a, b) => compare(a, b, selection));
}

/** The order of what has a name and a time: negative where `a` comes before `b`. */
export function compare(
  a: StreamPosition,
  b: StreamPosition,
  { sortBy, descending = false }: StreamSelection,
): number {
  const byTime = sortBy === 'createdAt' ? a.createdAt - b.createdAt : 0;
  const byName = a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
  return (byTime || byName) * (descending ? -1 : 1);
}
