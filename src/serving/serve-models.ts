/**
 * The model server of many models: a program of its own that runs inside a job, `node serve-models.ts <command>`. The
 * command serves one model, for Node or Python: each model has a process of its own, which ends when it is unloaded. It
 * needs nothing but Node.js and the files beside it.
 *
 * Source: AWS developer guide, "Custom Containers Contract for Multi-Model Endpoints".
 * By design: while less than a tenth of the memory is left and others are loaded, a model is refused with 507.
 *
 * Environment: that of the command, and `SLUICE_MIN_FREE_MEMORY_PERCENT` (10).
 */
import { createServer } from 'node:http';
import { createModelsHandler } from './create-models-handler.ts';
import { KEEP_ALIVE_MS, listen, runServer } from './listen.ts';
import { LoadedModels } from './loaded-models.ts';
import { ServingError } from './serving-error.ts';

const DEFAULT_MIN_FREE_PERCENT = 10;

async function main(): Promise<void> {
  const [program, ...parameters] = process.argv.slice(2);
  if (program === undefined) throw new ServingError('Expected the command that serves one model.');
  const models = new LoadedModels({
    command: [program, ...parameters],
    environment: process.env,
    minFreeMemoryPercent: percentOf(process.env['SLUICE_MIN_FREE_MEMORY_PERCENT']),
  });
  const handle = createModelsHandler(models);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    void handle(request, response);
  });
  process.once('SIGTERM', () => {
    server.close();
    server.closeIdleConnections();
    void models.close().then(() => process.exit(0));
  });
  await listen(server, process.env);
}

function percentOf(text: string | undefined): number {
  if (!text) return DEFAULT_MIN_FREE_PERCENT;
  const percent = Number(text);
  if (percent >= 0 && percent <= 100) return percent;
  throw new ServingError(`SLUICE_MIN_FREE_MEMORY_PERCENT: expected 0 to 100, got '${text}'.`);
}

runServer(main);
