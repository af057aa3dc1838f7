import type { SpawnSyncReturns } from 'node:child_process';

/** A server of PostgreSQL that runs. */
export interface PostgresServer {
  /** The directory of PostgreSQL's programs. */
  readonly programs: string;
  /** Where its socket is. */
  readonly directory: string;
  readonly port: number;
  /** Over the socket, without a database's name. */
  readonly url: string;
  /** Over TCP, with a password. */
  readonly tcpUrl: string;
  /** Runs one of PostgreSQL's programs against it. */
  tools(program: string, args: readonly string[]): SpawnSyncReturns<string>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function postgresPrograms(): string | undefined;
export function startPostgres(): Promise<PostgresServer>;
