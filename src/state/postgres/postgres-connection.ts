import type { Client } from 'pg';
import { Exchange, PreparedStatements, type Step, type StepResult } from './exchange.ts';
import { openFirst } from './open-first.ts';
import { isLost } from './postgres-error.ts';

/** How long a connection may take to come about, milliseconds. */
const CONNECT_LIMIT_MS = 5000;
/** How long a statement may take, milliseconds. */
const STATEMENT_LIMIT_MS = 30_000;
/** How long a transaction may do nothing, as one whose process was stopped, milliseconds: it holds up all others. */
const IDLE_LIMIT_MS = 5000;
/** An answer that has not come so long after the server's own limit will not come, milliseconds. */
const GRACE_MS = 5000;
/** After so long without traffic the system looks whether the other side is there, milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** How a connection is opened. */
export interface ConnectionOptions {
  /** What pg takes, for each host that may be the primary. */
  readonly urls: readonly string[];
  /** How long a statement may wait for a lock, milliseconds. */
  readonly lockLimitMs: number;
  /** Whether nothing may be written. */
  readonly readOnly: boolean;
}

/** One connection to PostgreSQL, for one user at a time. */
export class PostgresConnection {
  readonly #client: Client;
  readonly #prepared = new PreparedStatements();
  readonly #lockLimitMs: number;
  #timeline: string | undefined;
  #takesWrites = true;
  #lost = false;
  #last: Promise<unknown> = Promise.resolve();
  /** Called when it is lost. */
  onLost: () => void = () => undefined;

  private constructor(client: Client, { lockLimitMs }: ConnectionOptions) {
    this.#client = client;
    this.#lockLimitMs = lockLimitMs;
    // pg tells so of a connection that nobody uses; one that is in use fails its exchange as well.
    const lost = (): void => {
      if (this.#lost) return;
      this.#lost = true;
      this.onLost();
    };
    client.on('error', lost);
    client.on('end', lost);
  }

  /** Connects to the first host that takes writes; for who only reads, to any where there is none. @throws pg's errors */
  static async open(options: ConnectionOptions): Promise<PostgresConnection> {
    const { urls, readOnly } = options;
    return openFirst(urls, (url) => PostgresConnection.#openAt(url, options), readOnly || urls.length === 1);
  }

  static async #openAt(url: string, options: ConnectionOptions): Promise<PostgresConnection> {
    const { Client: PgClient } = (await import('pg')).default;
    const client = new PgClient({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      fallback_application_name: 'sluice',
    });
    const connection = new PostgresConnection(client, options);
    await client.connect();
    try {
      await connection.#prepare(options);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return connection;
  }

  /** Of the server's write-ahead log: another one after a failover. Undefined where the server does not tell. */
  get timeline(): string | undefined {
    return this.#timeline;
  }

  /** Whether its server was one that takes writes when it was opened. */
  get takesWrites(): boolean {
    return this.#takesWrites;
  }

  /** Of the server process. */
  get processId(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Runs statements, all in one round trip; those after one that fails are not run. @throws pg's errors */
  exchange(steps: readonly Step[], limitMs = STATEMENT_LIMIT_MS + this.#lockLimitMs): Promise<StepResult[]> {
    const result = this.#last.then(() => this.#exchange(steps, limitMs + GRACE_MS));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #exchange(steps: readonly Step[], limitMs: number): Promise<StepResult[]> {
    const timer = setTimeout(() => this.destroy(), limitMs);
    try {
      return await new Promise((resolve, reject) => {
        this.#client.query(new Exchange(steps, this.#prepared, resolve, reject) as never);
      });
    } catch (error) {
      if (isLost(error)) this.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #prepare({ lockLimitMs, readOnly }: ConnectionOptions): Promise<void> {
    const settings = {
      search_path: 'sluice',
      statement_timeout: STATEMENT_LIMIT_MS + lockLimitMs,
      lock_timeout: lockLimitMs,
      idle_in_transaction_session_timeout: IDLE_LIMIT_MS,
      client_encoding: 'UTF8',
      standard_conforming_strings: 'on',
      extra_float_digits: 1,
      bytea_output: 'hex',
      // What it wins with a large query, it loses with many small ones.
      jit: 'off',
      default_transaction_isolation: 'read committed',
      ...(readOnly && { default_transaction_read_only: 'on' }),
    };
    const sets = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`);
    const [result] = await this.exchange([
      {
        sql: `SELECT ${sets.join(', ')}, current_setting('transaction_read_only'), CASE WHEN NOT pg_is_in_recovery()
          AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')
          THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END`,
        rows: [[]],
      },
    ]);
    this.#takesWrites = result?.rows[0]?.at(-2) === 'off';
    this.#timeline = (result?.rows[0]?.at(-1) as string | null | undefined) ?? undefined;
  }

  /** While it is of no use it does not keep the process alive. */
  hold(use: boolean): void {
    const { connection } = this.#client as unknown as { connection: { ref(): void; unref(): void } };
    if (use) connection.ref();
    else connection.unref();
  }

  /** Tells the server, and waits for the end for a moment. */
  async close(): Promise<void> {
    if (this.#lost) return;
    this.hold(true);
    const timer = setTimeout(() => this.destroy(), 1000);
    await this.#client.end().catch(() => undefined);
    clearTimeout(timer);
  }

  /** Gives it up, at once. */
  destroy(): void {
    this.#lost = true;
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
