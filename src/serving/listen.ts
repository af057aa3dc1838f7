import type { Server } from 'node:http';
import { messageOf } from './http-error.ts';
import { ServingError } from './serving-error.ts';

const DEFAULT_PORT = 8080;
const LOOPBACK = '127.0.0.1';
/** Longer than clients keep their connections, so that it is never the server that closes one under a request. */
export const KEEP_ALIVE_MS = 120_000;

const IN_USE = /EADDRINUSE/;
const HINT = '. Another program has that port: SAGEMAKER_BIND_TO_PORT=0 takes any, or name one that is free.';

type Environment = Readonly<Record<string, string | undefined>>;

/** Listens where `SAGEMAKER_BIND_TO_PORT` and `SLUICE_BIND_TO_ADDRESS` say. @throws ServingError */
export function listen(server: Server, environment: Environment): Promise<void> {
  const port = portOf(environment['SAGEMAKER_BIND_TO_PORT']);
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new ServingError(
          `Cannot listen on port ${port}: ${error.message}${IN_USE.test(error.message) ? HINT : ''}`,
        ),
      ),
    );
    server.listen(port, environment['SLUICE_BIND_TO_ADDRESS'] || LOOPBACK, resolve);
  });
}

/** Runs a server's program; why it cannot serve is told in its log. */
export function runServer(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const known = error instanceof ServingError;
    console.error(`Model server: ${known ? messageOf(error) : ((error as Error).stack ?? messageOf(error))}`);
    process.exit(1);
  });
}

function portOf(text: string | undefined): number {
  if (!text) return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new ServingError(`SAGEMAKER_BIND_TO_PORT: expected a port, got '${text}'.`);
}
