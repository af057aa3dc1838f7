import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../core/errors.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { databaseError, mayPass } from './postgres-error.ts';

/** How many connections a process has, at most. */
const MOST_CONNECTIONS = 4;
/** After so long those that nobody uses are closed, but for one, milliseconds: other processes may have none. */
const IDLE_LIMIT_MS = 2000;
/** Between two tries to reach the server, milliseconds. */
const PAUSE_MS = { first: 20, most: 500 };

/** The connections of one process. */
export class ConnectionPool {
  readonly #open: () => Promise<PostgresConnection>;
  readonly #place: string;
  readonly #all = new Set<PostgresConnection>();
  /** The one that was used last comes last. */
  readonly #idle: { readonly connection: PostgresConnection; readonly since: number }[] = [];
  readonly #waiting: (() => void)[] = [];
  #opening = 0;
  #closing: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param place of the database, for messages */
  constructor(open: () => Promise<PostgresConnection>, place: string) {
    this.#open = open;
    this.#place = place;
  }

  /**
   * A connection to use and to give back. One that cannot be had yet is waited for.
   *
   * @param deadline on the clock of `performance`, milliseconds
   * @throws SluiceError `DatabaseUnreachable`, `DatabaseRefused`
   */
  async take(deadline: number): Promise<PostgresConnection> {
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.most, 2 * pauseMs)) {
      try {
        return await this.#take(deadline);
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > deadline)
          throw databaseError(error, this.#place);
      }
      await sleep(pauseMs);
    }
  }

  /** Gives a connection back. */
  give(connection: PostgresConnection): void {
    if (connection.isLost || this.#closed) this.#drop(connection);
    else {
      connection.hold(false);
      this.#idle.push({ connection, since: performance.now() });
      if (this.#idle.length > 1) this.#closing ??= setTimeout(() => this.#closeIdle(), IDLE_LIMIT_MS).unref();
    }
    this.#waiting.shift()?.();
  }

  /** Closes what nobody uses; what is used is closed when it is given back. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#closing);
    await Promise.all(this.#idle.splice(0).map(({ connection }) => connection.close()));
  }

  async #take(deadline: number): Promise<PostgresConnection> {
    for (;;) {
      if (this.#closed) throw new SluiceError('InternalError', 'The database was closed.');
      const idle = this.#idle.pop()?.connection;
      if (idle) {
        idle.hold(true);
        return idle;
      }
      if (this.#all.size + this.#opening < MOST_CONNECTIONS) return this.#connect();
      if (performance.now() >= deadline) throw this.#busy();
      await this.#untilGiven(deadline);
    }
  }

  async #connect(): Promise<PostgresConnection> {
    this.#opening++;
    try {
      const connection = await this.#open();
      connection.onLost = () => this.#drop(connection);
      this.#all.add(connection);
      return connection;
    } catch (error) {
      // There is room for another one's try.
      this.#waiting.shift()?.();
      throw error;
    } finally {
      this.#opening--;
    }
  }

  #busy(): SluiceError {
    return new SluiceError(
      'DatabaseUnreachable',
      `The database ${this.#place}: all ${MOST_CONNECTIONS} connections of this process were in use for too long.`,
      { hint: 'Try again. A statement that takes long is in pg_stat_activity.' },
    );
  }

  async #untilGiven(deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
    await promise;
    clearTimeout(timer);
    const index = this.#waiting.indexOf(resolve);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #closeIdle(): void {
    this.#closing = undefined;
    const before = performance.now() - IDLE_LIMIT_MS;
    const unused = this.#idle.slice(0, -1).filter(({ since }) => since <= before);
    for (const { connection } of unused) this.#drop(connection);
    if (this.#idle.length > 1) this.#closing = setTimeout(() => this.#closeIdle(), IDLE_LIMIT_MS).unref();
  }

  #drop(connection: PostgresConnection): void {
    this.#all.delete(connection);
    const index = this.#idle.findIndex((idle) => idle.connection === connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (!connection.isLost) void connection.close();
    this.#waiting.shift()?.();
  }
}
