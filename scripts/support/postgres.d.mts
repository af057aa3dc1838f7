import type { SpawnSyncReturns } from 'node:child_process';

/** What one of PostgreSQL's servers is reached by. */
export interface PostgresTools {
  /** The directory of PostgreSQL's programs. */
  readonly programs: string;
  /** Where its socket is. */
  readonly directory: string;
  readonly port: number;
  /** Over the socket, without a database's name. */
  readonly url: string;
  /** Runs one of PostgreSQL's programs against it. */
  tools(program: string, args: readonly string[]): SpawnSyncReturns<string>;
}

/** A server of PostgreSQL that runs. */
export interface PostgresServer extends PostgresTools {
  /** Over TCP, with a password. */
  readonly tcpUrl: string;
  /** Ends it as a fault of its machine does. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  /** A second server that follows this one. */
  startStandby(): Promise<PostgresTools>;
  /** Ends it and its standbys. */
  stop(): Promise<void>;
}

export function postgresPrograms(): string | undefined;
/** How a server is started. */
export interface PostgresOptions {
  /** So many bytes has `directory/small`, a file system of its own. */
  readonly smallDisk?: number;
  /** As in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Its data lies in memory, where there is room. @default false */
  readonly isShortLived?: boolean;
}

export function startPostgres(options?: PostgresOptions): Promise<PostgresServer>;
