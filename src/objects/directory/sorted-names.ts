/** The names of one directory in order, from any place on. */
export interface SortedNames {
  /** Names at or after `from`, in pieces. */
  read(from: string): Iterable<readonly string[]>;
  readonly length: number;
}
