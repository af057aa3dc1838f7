import { createServer } from 'node:http';
import { agentStopPath } from '../contract/agent-result.ts';

/** What the agent that feeds answers. */
export interface FeedServer {
  close(): void;
}

/** Enough for an HTTP probe. */
const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, maxHeaderSize: 8192 };

/** What is told by, and to, who serves a job's platform. */
export interface FeedServerOptions {
  readonly port: number;
  /** Of the job. */
  readonly key: string;
  /** Whether everything is fed that the user's container may look for at once. */
  readonly isReady: () => boolean;
  readonly onStopping: () => void;
}

/** Listens for the platform's probes: `/ready`, and the path by which it tells that the user's container is being ended. */
export async function serveFeed({ port, key, isReady, onStopping }: FeedServerOptions): Promise<FeedServer> {
  const stopPath = agentStopPath(key);
  const server = createServer(LIMITS, ({ url }, response) => {
    if (url === stopPath) onStopping();
    const status = url === stopPath ? 200 : url !== '/ready' ? 404 : isReady() ? 200 : 503;
    response.writeHead(status, { connection: 'close' }).end();
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
