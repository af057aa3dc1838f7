/** A value that a column holds. Booleans are kept as 0 and 1, times as milliseconds since 1970, JSON as text. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** One row, by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What may be asked of the database. SQL is what both dialects take for the same, with `?` for parameters. */
export interface Statements {
  /** All rows of a query. */
  all<Row = SqlRow>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]>;
  /** As {@link all}, each row a list of its columns: three times as fast, for what is read often and much. */
  lists<Row extends readonly SqlValue[]>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]>;
  /** The first row of a query. */
  get<Row = SqlRow>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row | undefined>;
  /** Runs a statement; resolves with the number of rows it changed. */
  run(sql: string, ...parameters: readonly SqlValue[]): Promise<number>;
  /** Runs one statement for each row of parameters; inside a transaction this is the quick way for many. */
  runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void>;
}

/** The state of one home. */
export interface Database extends Statements {
  readonly dialect: 'sqlite' | 'postgres';
  /** Absolute path of the file, or the URL without its password. */
  readonly place: string;
  /**
   * Commits all that `work` does, or nothing when it throws. Transactions of one process follow each other; those
   * of several processes wait for each other, so that what `work` has read is still true when it writes. `work` must
   * await nothing but its own statements, and may be done anew: what it did first is undone then.
   *
   * @throws SluiceError `HomeLocked`, `HomeReadOnly`, `DiskFull`, `DatabaseUnreachable`
   */
  transaction<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result>;
  /**
   * As {@link transaction}, but shares its commit with what else is asked for in the same turn of the event loop: many
   * small changes at once cost little more than one. One that throws undoes its own changes alone; `work` may be done
   * anew then, and what it did first is undone.
   */
  groupedTransaction<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result>;
  /** Waits for what is under way, then closes. Idempotent. */
  close(): Promise<void>;
}
