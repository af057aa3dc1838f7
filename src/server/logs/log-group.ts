/** One log stream. */
export interface LogStream {
  /** `<job>/algo-1-<seconds>`, `<variant>/i-0123456789abcdef0`; of several containers, with `/<container>` after it. */
  readonly name: string;
  /** What `LogFile.open` takes. */
  readonly directory: string;
  /** The name of its file without `.log`, which `LogFile.open` takes too. */
  readonly host: string;
  /** When its job or its instance was created: milliseconds since 1970. */
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
