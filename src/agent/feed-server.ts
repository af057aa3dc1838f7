import { createServer } from 'node:http';
import { agentStopPath } from '../contract/agent-result.ts';

/** What the agent that feeds answers. */
export interface FeedServer {
  close(): void;
}

/** Enough for an HTTP probe. */
const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, maxHeaderSize: 8192 };

/** Listens for the platform's probes: `/ready`, and the path by which it tells that the user's container is being ended. */
export async function serveFeed(port: number, key: string, onStopping: () => void): Promise<FeedServer> {
  const stopPath = agentStopPath(key);
  const server = createServer(LIMITS, ({ url }, response) => {
    if (url === stopPath) onStopping();
    response.writeHead(url === stopPath || url === '/ready' ? 200 : 404, { connection: 'close' }).end();
  });
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
