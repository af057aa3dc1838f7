import { once } from 'node:events';
import { connect } from 'node:net';
import { InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel, deploy, eventually, invoke } from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

/** A server in one file: it does what the body says, and counts the requests that were given up. */
const SERVER = `
  let givenUp = 0;
  const actions = {
    hold: (response) => response.on('close', () => givenUp++),
    count: (response) => response.end(String(givenUp)),
    close: (response) => response.destroy(),
    whole: (response) => response.writeHead(200, { 'content-length': 5 }).end('whole'),
    chunks: (response) => {
      response.write('chu');
      setImmediate(() => response.end('nks'));
    },
    short: (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('short');
      setTimeout(() => response.destroy(), 50);
    },
  };
  require('node:http').createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/ping') response.end();
    else actions[body](response);
  }).listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');`;

const IMAGE = 'example.com/relay:1';
const PATH = '/endpoints/relay/invocations';
let fixture: RuntimeFixture;

beforeAll(async () => {
  const rule = { pattern: IMAGE, directory: process.cwd(), serve: ['node', '-e', SERVER] };
  fixture = await openRuntime({
    configuration: { images: [rule], frameworks: { missingPackages: 'report' } },
  });
  await createModel(fixture, 'relay', { image: IMAGE });
  await deploy(fixture, 'relay', [{ VariantName: 'relay' }]);
});
afterAll(() => fixture[Symbol.asyncDispose]());

function ask(body: string, signal?: AbortSignal): Promise<Response> {
  return fetch(fixture.api.url + PATH, { method: 'POST', body, ...(signal && { signal }) });
}

/** Writes the parts one after the other, each once the text before it has come; resolves with all that came. */
async function converse(...parts: readonly (readonly [write: string, until: string])[]): Promise<string> {
  const socket = connect(Number(new URL(fixture.api.url).port), '127.0.0.1');
  const ended = once(socket, 'close');
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  for (const [write, until] of parts) {
    const before = received.length;
    socket.write(write);
    await eventually(async () => expect(received.slice(before)).toContain(until));
  }
  socket.end();
  await ended;
  return received;
}

describe('a client', () => {
  test('that speaks HTTP/1.0 gets the answer, and the end of the connection', async () => {
    for (const body of ['whole', 'chunks']) {
      const head = `POST ${PATH} HTTP/1.0\r\nContent-Length: ${body.length}\r\n\r\n`;
      const answer = await converse([head + body, `\r\n\r\n${body}`]);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer).toContain('\r\nConnection: close\r\n');
      expect(answer).not.toContain('chunked');
    }
  });

  test('that waits for 100 Continue is told to go on', async () => {
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`;
    const answer = await converse([head, 'HTTP/1.1 100 Continue\r\n\r\n'], ['whole', '\r\n\r\nwhole']);
    expect(answer.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(1);
  });

  test('uses its connection again, also after bodies in chunks and after errors', async () => {
    const sized = (body: string): string =>
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n`;
    const answer = await converse(
      [sized('whole'), '\r\n\r\nwhole'],
      [chunked, '\r\n\r\nwhole'],
      [sized('chunks'), '\r\n0\r\n\r\n'],
      [sized('close'), '"Message"'],
      [sized('whole'), '\r\n\r\nwhole'],
    );
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '200', '424', '200']);
  });

  test('that goes away has its request to the model given up', async () => {
    const before = Number(await (await ask('count')).text());
    const controller = new AbortController();
    const asked = ask('hold', controller.signal);
    const instance = fixture.api.jobs.jobs.endpoints.route('relay')?.variant('relay')?.instances[0];
    await eventually(async () => expect(instance?.active).toBe(1));
    controller.abort();
    await expect(asked).rejects.toThrow('aborted');
    await eventually(async () => expect(await (await ask('count')).text()).toBe(String(before + 1)));
    expect(instance?.active).toBe(0);
  });
});

describe('a model server', () => {
  test('that closes the connection before its answer is a ModelError', async () => {
    await expect(invoke(fixture, 'relay', undefined, { Body: 'close' })).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 0,
      OriginalMessage: 'The container closed the connection.',
    });
  });

  test('that breaks off its answer does so for the client too', async () => {
    const answer = await ask('short');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  test('that breaks off a stream is told of in an event', async () => {
    const command = new InvokeEndpointWithResponseStreamCommand({ EndpointName: 'relay', Body: 'short' });
    const { Body: events = [] } = await fixture.runtime.send(command);
    const parts: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { PayloadPart: part } of events) parts.push(Buffer.from(part?.Bytes ?? []).toString());
    };
    await expect(read()).rejects.toMatchObject({ name: 'ModelStreamError', ErrorCode: 'STREAM_BROKEN' });
    expect(parts).toEqual(['short']);
  });
});
