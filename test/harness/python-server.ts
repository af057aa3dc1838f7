import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { takeFreePort } from '../../src/jobs/serving/free-port.ts';

const PROGRAM = fileURLToPath(new URL('../../src/serving/python/serve.py', import.meta.url));

/** What the model server answered. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** A model server for Python that runs. Dispose of it. */
export interface PythonServer extends AsyncDisposable {
  readonly port: number;
  readonly process: ChildProcess;
  /** What it has printed until now. */
  printed(): string;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  get(path: string): Promise<Answer>;
  invoke(
    body: string | Uint8Array<ArrayBuffer> | ReadableStream,
    headers: Record<string, string>,
  ): Promise<Answer>;
}

/** Starts the model server with a Python. @throws Error with what it printed, when it ends before it is healthy */
export async function startPythonServer(
  python: string,
  environment: Record<string, string>,
): Promise<PythonServer> {
  const port = await takeFreePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(python, [PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      SAGEMAKER_MODEL_SERVER_WORKERS: '1',
      ...environment,
      SAGEMAKER_BIND_TO_PORT: String(port),
    },
  });
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const closed = once(server, 'close');
  while (!(await fetch(`${url}/ping`).catch(() => undefined))?.ok) {
    if (server.exitCode !== null) {
      await closed;
      throw new Error(`The model server ended with ${server.exitCode}: ${printed}`);
    }
    await sleep(50);
  }
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), text, headers };
  };
  return {
    port,
    process: server,
    printed: () => printed,
    ask,
    get: (path) => ask(path),
    invoke: (body, headers) => ask('/invocations', { method: 'POST', body, headers, duplex: 'half' }),
    [Symbol.asyncDispose]: async () => {
      // Its workers end with the last process that holds its output.
      if (server.exitCode === null) server.kill('SIGTERM');
      await closed;
    },
  };
}
