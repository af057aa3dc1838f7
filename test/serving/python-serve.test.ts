import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SERVER = fileURLToPath(new URL('../../src/serving/python/serve.py', import.meta.url));

const SCRIPT = `
import os, threading, time
def model_fn(model_dir, context):
    return {"context": context, "meeting": threading.Barrier(2)}
def transform_fn(model, body, content_type, accept):
    if body == "meet":
        model["meeting"].wait(20)
    if body == "fail":
        raise ValueError("unlucky")
    if body == "mine":
        error = ValueError("not mine")
        error.status_code = 404
        raise error
    if body == "context":
        return repr(model["context"]), accept
    if body == "slow":
        time.sleep(0.5)
    return "%s %s %s" % (type(body).__name__, len(body), content_type), accept
def execution_parameters_fn():
    return {"MaxConcurrentTransforms": 3}
`;

let root: string;
let server: ChildProcess;
let url: string;

async function start(directory: string): Promise<void> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, 'close');
  url = `http://127.0.0.1:${port}`;
  server = spawn('python3', [SERVER], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      SM_MODEL_DIR: directory,
      SAGEMAKER_BIND_TO_PORT: String(port),
      SAGEMAKER_MODEL_SERVER_WORKERS: '4',
    },
  });
  server.stderr?.resume();
  while (server.exitCode === null && !(await fetch(`${url}/ping`).catch(() => undefined))?.ok)
    await sleep(20);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-python-'));
  await mkdir(join(root, 'code'));
  await writeFile(join(root, 'code', 'inference.py'), SCRIPT);
  await start(root);
});
afterAll(async () => {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  await rm(root, { recursive: true });
});

function invoke(
  body: string | ReadableStream,
  headers: Record<string, string> = { 'content-type': 'text/csv' },
) {
  return fetch(`${url}/invocations`, { method: 'POST', body, headers, duplex: 'half' });
}

describe('the model server for Python', () => {
  test.each([
    ['text/csv', 'str 3 text/csv'],
    ['application/json', 'str 3 application/json'],
    // The toolkits compare types as they stand.
    ['application/json; charset=utf-8', 'bytes 3 application/json; charset=utf-8'],
    ['application/x-npy', 'bytes 3 application/x-npy'],
  ])('hands a body of type %s over as %s', async (type, expected) => {
    const response = await invoke('1,2', { 'content-type': type, accept: 'text/plain' });
    expect(await response.text()).toBe(expected);
    expect(response.headers.get('content-type')).toBe('text/plain');
  });

  test('has no context for a function that takes one', async () => {
    expect(await (await invoke('context')).text()).toBe('None');
  });

  test('takes bodies in chunks', async () => {
    const body = ReadableStream.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(5, 'b')]);
    expect(await (await invoke(body)).text()).toBe('str 70005 text/csv');
  });

  test('answers several requests at once', async () => {
    const answers = await Promise.all([invoke('meet'), invoke('meet')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each([
    ['fail', 500, 'unlucky'],
    ['mine', 404, 'not mine'],
  ])('answers an error: %s', async (body, status, text) => {
    const response = await invoke(body);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
  });

  test.each([
    ['GET', '/ping', 200],
    ['GET', '/execution-parameters', 200],
    ['GET', '/elsewhere', 404],
    ['POST', '/elsewhere', 404],
    ['GET', '/invocations', 405],
    ['POST', '/ping', 405],
  ])('%s %s is answered with %i', async (method, path, status) => {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(status);
    await response.arrayBuffer();
  });

  test('ends at SIGTERM once the requests under way are answered', async () => {
    const answer = invoke('slow');
    await sleep(150);
    server.kill('SIGTERM');
    expect(await (await answer).text()).toBe('str 4 text/csv');
    const [code] = server.exitCode === null ? await once(server, 'exit') : [server.exitCode];
    expect(code).toBe(0);
  });
});
