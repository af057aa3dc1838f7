import { createServer } from 'node:net';
import { SERVING_PORT } from '../../contract/serving-environment.ts';
import { systemErrorCode } from '../../core/errors.ts';

/**
 * What may have kept a model server from its start that shares this machine's ports: somebody else has SageMaker's own.
 * Begins with a space; empty where the port is free.
 */
export async function takenPortHint(): Promise<string> {
  if (!(await isTaken(SERVING_PORT))) return '';
  return ` Port ${SERVING_PORT} of this machine is in use by another program: a server that listens there, and not where SAGEMAKER_BIND_TO_PORT says, cannot start.`;
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(systemErrorCode(error) === 'EADDRINUSE'));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(false)));
  });
}
