import { mayPass } from './postgres-error.ts';

/** As PostgreSQL says it itself. */
const READ_ONLY = { code: '25006', severity: 'ERROR' };

/** What was opened. */
interface Opened {
  readonly takesWrites: boolean;
  close(): Promise<void>;
}

/**
 * Opens the first of several hosts that takes writes. As libpq does it: one that refuses the user ends the search.
 *
 * @param anyWillDo where none takes writes, the first that was reached is opened
 * @throws pg's errors
 */
export async function openFirst<Connection extends Opened>(
  urls: readonly string[],
  open: (url: string) => Promise<Connection>,
  anyWillDo: boolean,
): Promise<Connection> {
  const failures: unknown[] = [];
  let standby: Connection | undefined;
  for (const url of urls) {
    try {
      const connection = await open(url);
      if (connection.takesWrites) {
        await standby?.close();
        return connection;
      }
      failures.push(Object.assign(new Error('a host that was reached takes no writes'), READ_ONLY));
      if (anyWillDo && !standby) standby = connection;
      else await connection.close();
    } catch (error) {
      if (!mayPass(error)) {
        await standby?.close();
        throw error;
      }
      failures.push(error);
    }
  }
  if (standby) return standby;
  throw failures.length === 1 ? failures[0] : together(failures);
}

/** One error for all hosts, under the code of the one that is nearest to being of use. */
function together(failures: readonly unknown[]): unknown {
  const told = failures.find((failure) => 'severity' in (failure as object)) ?? failures[0];
  const { code, severity } = told as { readonly code?: string; readonly severity?: string };
  const error = new AggregateError(failures, 'no host can be used');
  return Object.assign(error, code !== undefined && { code }, severity !== undefined && { severity });
}
