import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../core/errors.ts';
import type { Database, SqlValue, Statements } from '../database.ts';
import { TransactionGroup } from '../transaction-group.ts';
import { leaveDatabase } from '../worker.ts';
import { stateError } from './sqlite-error.ts';

/** How many prepared statements are kept. */
const MAX_PREPARED = 200;
/** Between two tries while another process writes, milliseconds. */
const PAUSE_MS = { first: 5, most: 100 };

/** {@link Database} over Node's own SQLite. */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly place: string;
  readonly #connection: DatabaseSync;
  readonly #statements: SqliteStatements;
  /**
   * Settles when the transaction under way has ended. Who waits looks again and goes on without another await, else
   * two could begin at once.
   */
  #busy: Promise<void> | undefined;
  /** Settles when the transactions that were asked for have ended: they follow each other. Undefined where none is. */
  #last: Promise<void> | undefined;
  #closed = false;
  readonly #patienceMs: number;
  readonly #group = new TransactionGroup((work) => this.transaction(work));

  /** @param patienceMs how long to wait for another process that writes @param clock what `now_ms()` is in SQL */
  constructor(connection: DatabaseSync, path: string, patienceMs: number, clock: () => number = Date.now) {
    connection.function('now_ms', () => BigInt(clock()));
    this.#connection = connection;
    this.place = path;
    this.#patienceMs = patienceMs;
    this.#statements = new SqliteStatements(connection, path);
  }

  async all<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]> {
    while (this.#busy) await this.#busy;
    return this.#statements.all<Row>(sql, ...parameters);
  }

  async lists<Row extends readonly SqlValue[]>(
    sql: string,
    ...parameters: readonly SqlValue[]
  ): Promise<Row[]> {
    while (this.#busy) await this.#busy;
    return this.#statements.lists<Row>(sql, ...parameters);
  }

  async get<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row | undefined> {
    while (this.#busy) await this.#busy;
    return this.#statements.get<Row>(sql, ...parameters);
  }

  async run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    return this.#patiently(async () => {
      while (this.#busy) await this.#busy;
      return this.#statements.run(sql, ...parameters);
    });
  }

  async runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void> {
    return this.#patiently(async () => {
      while (this.#busy) await this.#busy;
      return this.#statements.runMany(sql, rows);
    });
  }

  async transaction<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    if (before) await before;
    try {
      return await this.#patiently(() => this.#attempt(work));
    } finally {
      if (this.#last === promise) this.#last = undefined;
      resolve();
    }
  }

  /** Another process's lock is waited for between tries, with the event loop free. @throws SluiceError `HomeLocked` */
  async #patiently<Result>(action: () => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + this.#patienceMs;
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.most, 2 * pauseMs)) {
      try {
        return await action();
      } catch (error) {
        if (!isLocked(error) || performance.now() + pauseMs > deadline) throw error;
      }
      await sleep(pauseMs);
    }
  }

  async #attempt<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result> {
    while (this.#busy) await this.#busy;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#busy = promise;
    try {
      return await this.#commit(work);
    } catch (error) {
      throw stateError(error, this.place);
    } finally {
      this.#busy = undefined;
      resolve();
    }
  }

  groupedTransaction<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result> {
    return this.#group.add(work);
  }

  async close(): Promise<void> {
    await leaveDatabase(this);
    await this.#group.commit();
    await this.#last;
    while (this.#busy) await this.#busy;
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  async #commit<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result> {
    // IMMEDIATE: a transaction that begins to write later cannot wait for another process, only fail.
    this.#statements.execute('BEGIN IMMEDIATE');
    try {
      const result = await work(this.#statements);
      this.#statements.execute('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled it back already.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'HomeLocked';
}

class SqliteStatements implements Statements {
  readonly #connection: DatabaseSync;
  readonly #path: string;
  readonly #prepared = new Map<string, StatementSync>();
  /** Those that give lists. */
  readonly #preparedLists = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  async all<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.#try(sql, (statement) => statement.all(...parameters) as Row[]);
  }

  async lists<Row extends readonly SqlValue[]>(
    sql: string,
    ...parameters: readonly SqlValue[]
  ): Promise<Row[]> {
    const asLists = (statement: StatementSync): Row[] => statement.all(...parameters) as unknown as Row[];
    return this.#try(sql, asLists, this.#preparedLists);
  }

  async get<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#try(sql, (statement) => statement.get(...parameters) as Row | undefined);
  }

  async run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    return this.#try(sql, (statement) => Number(statement.run(...parameters).changes));
  }

  async runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void> {
    this.#try(sql, (statement) => {
      for (const row of rows) statement.run(...row);
    });
  }

  /** Prepared too: what begins and commits is parsed as often as everything else together. */
  execute(sql: 'BEGIN IMMEDIATE' | 'COMMIT'): void {
    this.#prepare(sql, this.#prepared).run();
  }

  #try<Result>(sql: string, work: (statement: StatementSync) => Result, kept = this.#prepared): Result {
    try {
      return work(this.#prepare(sql, kept));
    } catch (error) {
      throw stateError(error, this.#path);
    }
  }

  #prepare(sql: string, kept: Map<string, StatementSync>): StatementSync {
    const known = kept.get(sql);
    if (known) return known;
    if (kept.size >= MAX_PREPARED) kept.clear();
    const statement = this.#connection.prepare(sql);
    if (kept === this.#preparedLists) statement.setReturnArrays(true);
    kept.set(sql, statement);
    return statement;
  }
}
