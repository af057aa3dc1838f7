/**
 * The model server of Node models: a program of its own that runs inside a job, `node serve.ts`. It needs nothing
 * but Node.js and the files beside it.
 *
 * Environment: `SAGEMAKER_BIND_TO_PORT` (8080), `SAGEMAKER_PROGRAM`, `SAGEMAKER_SUBMIT_DIRECTORY`, `SM_MODEL_DIR`,
 * `SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT`, and `SLUICE_BIND_TO_ADDRESS` (127.0.0.1), which a container sets to
 * 0.0.0.0.
 */
import { createServer, type Server } from 'node:http';
import { createHandler } from './create-handler.ts';
import { messageOf } from './http-error.ts';
import { findScript, loadInferenceModule, modelDirectory, ServingError } from './load-inference-module.ts';

const DEFAULT_PORT = 8080;
const LOOPBACK = '127.0.0.1';
/** Longer than clients keep their connections, so that it is never the server that closes one under a request. */
const KEEP_ALIVE_MS = 120_000;

async function main(): Promise<void> {
  const environment = process.env;
  const module = await loadInferenceModule(findScript(environment));
  const model = await module.modelFn(modelDirectory(environment));
  const defaultAccept = environment['SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT'] || undefined;
  const handle = createHandler({ module, model, defaultAccept });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    void handle(request, response);
    // A connection whose request was still under way at SIGTERM would else be kept open after its answer.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  process.once('SIGTERM', () => end(server));
  await listen(
    server,
    portOf(environment['SAGEMAKER_BIND_TO_PORT']),
    environment['SLUICE_BIND_TO_ADDRESS'] || LOOPBACK,
  );
}

function portOf(text: string | undefined): number {
  if (!text) return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new ServingError(`SAGEMAKER_BIND_TO_PORT: expected a port, got '${text}'.`);
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ServingError(`Cannot listen on port ${port}: ${error.message}`)),
    );
    server.listen(port, address, resolve);
  });
}

/** Requests under way are answered; then the process ends. */
function end(server: Server): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

main().catch((error: unknown) => {
  const known = error instanceof ServingError;
  console.error(`Model server: ${known ? messageOf(error) : ((error as Error).stack ?? messageOf(error))}`);
  process.exit(1);
});
