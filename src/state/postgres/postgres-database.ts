import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../core/errors.ts';
import type { Database, SqlValue, Statements } from '../database.ts';
import { TransactionGroup } from '../transaction-group.ts';
import { leaveDatabase } from '../worker.ts';
import { commitOutcome, type SentCommit } from './commit-outcome.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { StepResult } from './exchange.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { databaseError, isConflict, isLost, isReadOnly, mayPass } from './postgres-error.ts';
import { PostgresTransaction, rowsOf } from './postgres-transaction.ts';

/** Between two tries, milliseconds. */
const PAUSE_MS = { first: 5, most: 500 };
/** For so long it is asked what has become of a commit, whatever the patience, milliseconds: else nobody knows. */
const OUTCOME_LIMIT_MS = 10_000;

/** {@link Database} over PostgreSQL. Reads go over other connections than the transaction under way, beside it. */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly place: string;
  readonly #pool: ConnectionPool;
  readonly #patienceMs: number;
  /** Settles when the transactions that were asked for have ended: they follow each other. */
  #last: Promise<void> | undefined;
  readonly #reading = new Set<Promise<unknown>>();
  readonly #group = new TransactionGroup((work) => this.transaction(work));

  /** @param patienceMs how long to wait for a server that is away, or for another process that writes */
  constructor(pool: ConnectionPool, place: string, patienceMs: number) {
    this.#pool = pool;
    this.place = place;
    this.#patienceMs = patienceMs;
  }

  async all<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row[]> {
    return rowsOf<Row>(await this.#read(sql, parameters));
  }

  async lists<Row extends readonly SqlValue[]>(
    sql: string,
    ...parameters: readonly SqlValue[]
  ): Promise<Row[]> {
    return (await this.#read(sql, parameters)).rows as readonly Row[] as Row[];
  }

  async get<Row>(sql: string, ...parameters: readonly SqlValue[]): Promise<Row | undefined> {
    return rowsOf<Row>(await this.#read(sql, parameters))[0];
  }

  run(sql: string, ...parameters: readonly SqlValue[]): Promise<number> {
    return this.transaction((transaction) => transaction.run(sql, ...parameters));
  }

  runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void> {
    const all = [...rows];
    return this.transaction((transaction) => transaction.runMany(sql, all));
  }

  async transaction<Result>(work: (transaction: Statements) => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    if (before) await before;
    try {
      return await this.#patiently((deadline) => this.#attempt(work, deadline));
    } finally {
      if (this.#last === promise) this.#last = undefined;
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
    await Promise.allSettled(this.#reading);
    await this.#pool.close();
  }

  /** What may pass is waited for between tries. @throws SluiceError `DatabaseUnreachable`, `HomeLocked`, … */
  async #patiently<Result>(action: (deadline: number) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + this.#patienceMs;
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.most, 2 * pauseMs)) {
      try {
        return await action(deadline);
      } catch (error) {
        const cause = error instanceof SluiceError ? error.cause : error;
        const again = isConflict(cause) || mayPass(cause);
        if (!again || performance.now() + pauseMs > deadline) throw databaseError(error, this.place);
      }
      await sleep(pauseMs);
    }
  }

  async #attempt<Result>(
    work: (transaction: Statements) => Promise<Result>,
    deadline: number,
  ): Promise<Result> {
    const connection = await this.#pool.take(deadline);
    try {
      const transaction = new PostgresTransaction(connection, this.place);
      try {
        const result = await work(transaction);
        const id = await transaction.prepare();
        if (id !== undefined) await this.#commit(transaction, { id, connection });
        return result;
      } catch (error) {
        await transaction.rollback();
        // After a failover the server that takes writes is another one, or takes them in new sessions alone.
        if (isReadOnly(error)) connection.destroy();
        throw error;
      }
    } finally {
      this.#pool.give(connection);
    }
  }

  /** A commit whose answer is lost is not sent again: it is found out what has become of it. */
  async #commit(transaction: PostgresTransaction, sent: SentCommit): Promise<void> {
    try {
      if (await transaction.commit()) return;
    } catch (error) {
      if (!isLost(error)) throw error;
      if (await this.#isCommitted(sent)) return;
      throw error;
    }
    throw new SluiceError('InternalError', 'A transaction was undone because a statement in it had failed.');
  }

  async #isCommitted(sent: SentCommit): Promise<boolean> {
    const deadline = performance.now() + Math.max(this.#patienceMs, OUTCOME_LIMIT_MS);
    for (
      let pauseMs = PAUSE_MS.first;
      performance.now() < deadline;
      pauseMs = Math.min(PAUSE_MS.most, 2 * pauseMs)
    ) {
      const outcome = await this.#use(deadline, (connection) => commitOutcome(sent, connection)).catch(
        (error: unknown) => {
          if (!mayPass(error)) throw databaseError(error, this.place);
          return 'open' as const;
        },
      );
      if (outcome === 'committed' || outcome === 'aborted') return outcome === 'committed';
      if (outcome === 'unknown') break;
      await sleep(pauseMs);
    }
    throw new SluiceError(
      'DatabaseUnreachable',
      `The database ${this.place} was lost while it committed, and it cannot be found out whether it did.`,
      { hint: 'See what is there, then try again.' },
    );
  }

  async #read(sql: string, parameters: readonly SqlValue[]): Promise<StepResult> {
    const reading = this.#patiently((deadline) =>
      this.#use(deadline, async (connection) => {
        const [result] = await connection.exchange([{ sql, rows: [parameters] }]);
        return result as StepResult;
      }),
    );
    this.#reading.add(reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(reading);
    }
  }

  async #use<Result>(
    deadline: number,
    work: (connection: PostgresConnection) => Promise<Result>,
  ): Promise<Result> {
    const connection = await this.#pool.take(deadline);
    try {
      return await work(connection);
    } finally {
      this.#pool.give(connection);
    }
  }
}
