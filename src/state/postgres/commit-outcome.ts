import type { PostgresConnection } from './postgres-connection.ts';

/** A transaction whose commit was sent, and not answered. */
export interface SentCommit {
  /** PostgreSQL's own id of it, with its epoch. */
  readonly id: string;
  /** The connection that it was sent on. */
  readonly connection: PostgresConnection;
}

/** What has become of it; `open` while its server process has not come to know that it is alone. */
export type Outcome = 'committed' | 'aborted' | 'open' | 'unknown';

const STATUS = 'SELECT pg_xact_status(?::text::xid8) AS status';
/** Ends the process that has the transaction open, and no other: the ids of processes are used again. */
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = ? AND backend_xid::text::bigint = ?::text::bigint % 4294967296`;
/** An id that the server has not given yet. */
const IN_THE_FUTURE = '22023';

/** Asks the server, over another connection. One whose answer has not come is ended: then it is known next time. */
export async function commitOutcome(
  { id, connection: lost }: SentCommit,
  connection: PostgresConnection,
): Promise<Outcome> {
  const sameServer = lost.timeline !== undefined && lost.timeline === connection.timeline;
  try {
    const [result] = await connection.exchange([{ sql: STATUS, rows: [[id]] }]);
    switch (result?.rows[0]?.[0]) {
      case 'aborted':
        return 'aborted';
      case 'committed':
        // Another server, that has taken this one's place, may have given the id to another transaction.
        return sameServer ? 'committed' : 'unknown';
      case 'in progress':
        await connection.exchange([{ sql: TERMINATE, rows: [[lost.processId, id]] }]);
        return 'open';
      default:
        return 'unknown';
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === IN_THE_FUTURE) return 'aborted';
    throw error;
  }
}
