import { errorMessage } from '../../core/errors.ts';
import type { AttemptState } from '../../flyte/registration/index.ts';
import { remoteLog } from '../remote/remote-log.ts';
import type { RemoteServer } from '../remote/remote-server.ts';

/** Where the runs' API has the log of a step: what the connector links to. */
const LOG_PATH = /\/_sluice\/v1(\/runs\/[\w-]+\/nodes\/[\w-]+\/logs)$/;

/**
 * The last lines of an attempt's logs, as far as the server has them. What it does not have is said in one line.
 *
 * By design: it is asked whatever host a link names, since links come from Flyte, and only the server that the user has
 * named gets requests of theirs.
 */
export async function attemptLog(
  { logs }: Pick<AttemptState, 'logs'>,
  server: RemoteServer,
  most: number,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { uri } of logs) {
    const path = LOG_PATH.exec(uri)?.[1];
    if (path === undefined) continue;
    try {
      for await (const { message } of remoteLog(server, path)) {
        lines.push(message);
        if (lines.length > 2 * most) lines.splice(0, lines.length - most);
      }
    } catch (error) {
      lines.push(`(${server.url} does not have the rest: ${errorMessage(error)})`);
    }
  }
  return lines.slice(-most);
}
