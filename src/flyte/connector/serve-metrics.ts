import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { ConnectorMetrics } from './connector-metrics.ts';

/** What Prometheus asks. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the connector's metrics over HTTP, at `/metrics`. @throws SluiceError `InvalidArgument` */
export async function serveMetrics(
  metrics: ConnectorMetrics,
  host: string,
  port: number,
): Promise<MetricsServer> {
  const server = createServer(({ method, url }, response) => {
    const isThere = url === '/metrics' && (method === 'GET' || method === 'HEAD');
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(isThere && method === 'GET' ? metrics.toText() : undefined);
  });
  server.requestTimeout = 10_000;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new SluiceError('InvalidArgument', `--metrics-port: ${errorMessage(error)}`, { cause: error });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
