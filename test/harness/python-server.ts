import { spawn } from 'node:child_process';
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
}

/** A model server for Python that runs. Dispose of it. */
export interface PythonServer extends AsyncDisposable {
  get(path: string): Promise<Answer>;
  invoke(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Answer>;
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
      ...environment,
      SAGEMAKER_BIND_TO_PORT: String(port),
    },
  });
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (printed += chunk));
  while (!(await fetch(`${url}/ping`).catch(() => undefined))?.ok) {
    if (server.exitCode !== null) throw new Error(`The model server ended: ${printed}`);
    await sleep(50);
  }
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type'), text };
  };
  return {
    get: (path) => ask(path),
    invoke: (body, headers) => ask('/invocations', { method: 'POST', body, headers }),
    [Symbol.asyncDispose]: async () => {
      if (server.exitCode !== null) return;
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}
