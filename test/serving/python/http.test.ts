// Needs: python
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedModel, serveScript } from './model-directory.ts';

const SCRIPT = `
import time
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    if body == "slow":
        print("begun", flush=True)
        time.sleep(0.5)
    return "%s %s %s" % (type(body).__name__, len(body), content_type), accept
def execution_parameters_fn():
    return {"MaxConcurrentTransforms": 3}
`;
const CSV = { 'content-type': 'text/csv' };

let server: ServedModel;
beforeAll(async () => {
  server = await serveScript('scikit-learn', SCRIPT);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What comes back until the server closes the connection. */
async function raw(text: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(text);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => (answer += chunk));
  await once(socket, 'close');
  return answer;
}

describe('the HTTP side of the model server for Python', () => {
  test.each([
    ['GET', '/ping', 200],
    ['GET', '/execution-parameters', 200],
    ['GET', '/elsewhere', 404],
    ['POST', '/elsewhere', 404],
    ['POST', '/v1/models/model:predict', 404],
    ['GET', '/invocations', 405],
    ['POST', '/ping', 405],
  ])('%s %s is answered with %i', async (method, path, status) => {
    expect((await server.ask(path, { method })).status).toBe(status);
  });

  test('takes bodies in chunks, and large ones', async () => {
    const body = ReadableStream.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(5, 'b')]);
    expect((await server.invoke(body, CSV)).text).toBe('str 70005 text/csv');
    expect((await server.invoke('x'.repeat(3_000_000), CSV)).text).toBe('str 3000000 text/csv');
  });

  test('keeps a connection, also for requests that come at once', async () => {
    const one = 'POST /invocations HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\n1,2';
    const answer = await raw(`${one}${one}GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(answer.match(/str 3 text\/csv/g)).toHaveLength(2);
  });

  test('says that a body may come, and closes the connection of a client of HTTP/1.0', async () => {
    const head = 'Content-Type: text/csv\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n1,2';
    const answer = await raw(`POST /invocations HTTP/1.0\r\n${head}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n.*str 3 text\/csv$/s);
  });

  test.each([
    ['no request line', 'hello\r\n\r\n', 400],
    ['a header without a colon', 'GET /ping HTTP/1.1\r\nhello\r\n\r\n', 400],
    ['a negative length', 'POST /invocations HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 400],
    ['a length that is none', 'POST /invocations HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n', 400],
    ['a chunk without a size', 'POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n', 400],
    ['a body that is too large', 'POST /invocations HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n', 413],
    ['headers without an end', `GET /ping HTTP/1.1\r\nA: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ])('refuses %s', async (_, text, status) => {
    expect(await raw(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*Connection: close`, 's'));
  });

  test('goes on after a client that leaves in the middle of a body', async () => {
    expect(await raw('POST /invocations HTTP/1.1\r\nContent-Length: 10\r\n\r\n1,2')).toBe('');
    expect((await server.invoke('1,2', CSV)).status).toBe(200);
  });

  test('ends at SIGTERM once the requests under way are answered', async () => {
    const own = await serveScript('scikit-learn', SCRIPT);
    const answer = own.invoke('slow', CSV);
    while (!own.printed().includes('begun')) await sleep(10);
    own.process.kill('SIGTERM');
    expect((await answer).text).toBe('str 4 text/csv');
    await own[Symbol.asyncDispose]();
    expect(own.process.exitCode).toBe(0);
  });
});
