import type { LogLineBody } from '../../server/index.ts';
import type { RemoteServer } from './remote-server.ts';

/**
 * The lines of a step's log, page after page, those that there are.
 *
 * @param path `/runs/ID/nodes/STEP/logs`
 * @throws SluiceError as `RemoteServer.ask`
 */
export async function* remoteLog(server: RemoteServer, path: string): AsyncGenerator<LogLineBody> {
  for (let cursor: string | undefined; ; ) {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page = await server.ask<{ lines: LogLineBody[]; nextCursor?: string }>('GET', `${path}${query}`);
    yield* page.lines;
    if (page.lines.length === 0 || page.nextCursor === undefined) return;
    cursor = page.nextCursor;
  }
}
