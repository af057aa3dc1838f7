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
import { KEEP_ALIVE_MS, listen, runServer } from './listen.ts';
import { findScript, loadInferenceModule, modelDirectory } from './load-inference-module.ts';

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
  await listen(server, environment);
}

/** Requests under way are answered; then the process ends. */
function end(server: Server): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

runServer(main);
