import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { loadFlyteidl2 } from '../protos/index.ts';
import type { Connector } from './connector.ts';
import { ConnectorMetrics } from './connector-metrics.ts';
import { addReflection } from './grpc/add-reflection.ts';
import { agentServices } from './grpc/agent-services.ts';
import { connectorServices } from './grpc/connector-services.ts';
import { loadAgentProtos, servedService } from './grpc/load-protos.ts';

/** A certificate with its key, PEM. */
export interface ConnectorTls {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Where a connector listens. */
export interface ServeConnectorOptions {
  readonly connector: Connector;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** @default HTTP/2 without TLS */
  readonly tls?: ConnectorTls | undefined;
}

/** A connector that answers. */
export interface RunningConnector {
  readonly port: number;
  readonly metrics: ConnectorMetrics;
  /** Tells health checks that there is nothing more to be had, and lets calls under way end. */
  close(): Promise<void>;
}

/** The inputs of a task, and its code where that is part of it. */
const LARGEST_MESSAGE = 64 * 1024 * 1024;
/** How long calls under way are waited for: none takes longer. */
const CLOSE_WITHIN_MS = 10_000;

/** Serves Flyte's protocol, of both its versions, with health checks and reflection. @throws SluiceError `InvalidArgument` */
export async function serveConnector(options: ServeConnectorOptions): Promise<RunningConnector> {
  const { connector, host, port, tls } = options;
  const metrics = new ConnectorMetrics();
  const server = new Server({
    'grpc.max_receive_message_length': LARGEST_MESSAGE,
    'grpc.max_send_message_length': LARGEST_MESSAGE,
  });
  const protos = { ...loadFlyteidl2(), ...loadAgentProtos() };
  const services = { ...agentServices(connector, metrics), ...connectorServices(connector, metrics) };
  for (const [name, implementation] of Object.entries(services))
    server.addService(servedService(protos, name), implementation);
  const health = new HealthImplementation(servingAll(['', ...Object.keys(services)]));
  health.addToServer(server);
  addReflection(server, protos);
  const bound = await bind(server, `${host.includes(':') ? `[${host}]` : host}:${port}`, tls);
  return {
    port: bound,
    metrics,
    close: async () => {
      for (const name of ['', ...Object.keys(services)]) health.setStatus(name, 'NOT_SERVING');
      await endServer(server);
    },
  };
}

function servingAll(names: readonly string[]): Record<string, 'SERVING'> {
  return Object.fromEntries(names.map((name) => [name, 'SERVING' as const]));
}

async function bind(server: Server, address: string, tls: ConnectorTls | undefined): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(address, credentials(tls), (error, port) => (error ? reject(error) : resolve(port)));
  try {
    return await promise;
  } catch (error) {
    throw new SluiceError(
      'InvalidArgument',
      `The connector cannot listen at ${address}: ${errorMessage(error)}`,
      {
        cause: error,
        hint: 'Is another one running? --port takes another port, 0 a free one.',
      },
    );
  }
}

function credentials(tls: ConnectorTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  try {
    return ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]);
  } catch {
    throw new SluiceError('InvalidArgument', 'The certificate and its key cannot be used.', {
      hint: 'Both are files of PEM, and belong together: --tls-cert and --tls-key.',
    });
  }
}

async function endServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, CLOSE_WITHIN_MS);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}
