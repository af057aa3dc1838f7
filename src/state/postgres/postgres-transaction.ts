import type { SqlValue, Statements } from '../database.ts';
import type { Step, StepResult } from './exchange.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { databaseError } from './postgres-error.ts';

/**
 * Held by whoever writes, until its transaction has ended, and by whoever migrates: one writes at a time, as in SQLite.
 * So what a transaction has read is still true when it writes, and ids grow in the order of the commits.
 */
export const WRITER_LOCK = 0x736c75696365;
/** Takes the lock, and tells the transaction's id. */
export const LOCK_WRITERS = `SELECT pg_advisory_xact_lock(${WRITER_LOCK}), pg_current_xact_id()::text`;
const BEGIN: readonly Step[] = [
  { sql: 'BEGIN', rows: [[]] },
  { sql: LOCK_WRITERS, rows: [[]] },
];
/** More rows than these are sent before the next answer is needed. */
const MOST_PENDING = 5000;

/** One transaction on a connection. It begins with its first statement. */
export class PostgresTransaction implements Statements {
  readonly #connection: PostgresConnection;
  readonly #place: string;
  #begun = false;
  #pending: Step[] = [];
  #pendingRows = 0;
  #id: string | undefined;

  constructor(connection: PostgresConnection, place: string) {
    this.#connection = connection;
    this.#place = place;
  }

  async all<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]> {
    return rowsOf<Row>(await this.#send(sql, parameters));
  }

  async lists<Row extends readonly SqlValue[]>(
    sql: string,
    ...parameters: readonly SqlValue[]
  ): Promise<Row[]> {
    return (await this.#send(sql, parameters)).rows as readonly Row[] as Row[];
  }

  async get<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row | undefined> {
    return rowsOf<Row>(await this.#send(sql, parameters))[0];
  }

  async run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    return changedRows(await this.#send(sql, parameters));
  }

  /** Goes with the next statement: nobody waits for its answer before that. */
  async runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void> {
    const all = [...rows];
    if (all.length === 0) return;
    this.#pending.push({ sql, rows: all });
    this.#pendingRows += all.length;
    if (this.#pendingRows > MOST_PENDING) await this.#flush();
  }

  /** Everything but the commit. @returns its id; undefined where nothing was asked for */
  async prepare(): Promise<string | undefined> {
    await this.#flush();
    return this.#id;
  }

  /** Resolves with false where the server has undone it instead, because of an error before. */
  async commit(): Promise<boolean> {
    const [result] = await this.#connection.exchange([{ sql: 'COMMIT', rows: [[]] }]);
    return result?.tag === 'COMMIT';
  }

  /** Undoes it. A connection on which that fails is given up. */
  async rollback(): Promise<void> {
    this.#pending = [];
    if (!this.#begun || this.#connection.isLost) return;
    await this.#connection
      .exchange([{ sql: 'ROLLBACK', rows: [[]] }])
      .catch(() => this.#connection.destroy());
  }

  async #flush(): Promise<void> {
    if (this.#pending.length > 0) await this.#exchange([]);
  }

  async #send(sql: string, parameters: readonly SqlValue[]): Promise<StepResult> {
    const results = await this.#exchange([{ sql, rows: [parameters] }]);
    return results.at(-1) as StepResult;
  }

  async #exchange(steps: readonly Step[]): Promise<StepResult[]> {
    const first = !this.#begun;
    const pending = this.#pending;
    this.#begun = true;
    this.#pending = [];
    this.#pendingRows = 0;
    try {
      const results = await this.#connection.exchange([...(first ? BEGIN : []), ...pending, ...steps]);
      if (first) this.#id = results[1]?.rows[0]?.[1] as string;
      return results;
    } catch (error) {
      throw databaseError(error, this.#place);
    }
  }
}

/** Rows by the names of their columns. */
export function rowsOf<Row>({ columns, rows }: StepResult): Row[] {
  return rows.map((row) => {
    const named: Record<string, SqlValue> = {};
    for (let index = 0; index < columns.length; index++)
      named[columns[index] as string] = row[index] as SqlValue;
    return named as Row;
  });
}

/** How many rows a statement has changed. */
export function changedRows({ tag }: StepResult): number {
  return /^(?:INSERT|UPDATE|DELETE|MERGE) /.test(tag) ? Number(tag.slice(tag.lastIndexOf(' ') + 1)) : 0;
}
