import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RemoteServer } from '../../../src/cli/remote/remote-server.ts';

/** A server that answers the n-th request as the n-th of the answers says. */
async function serving(...answers: readonly (string | 204)[]): Promise<{ url: string; asked: unknown[] }> {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    const answer = answers[asked.length];
    asked.push(request.headers['last-event-id']);
    if (typeof answer !== 'string') return void response.writeHead(answer ?? 500).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function follow(url: string, untilTold: boolean): Promise<unknown[]> {
  const server = new RemoteServer(url, { environment: {} } as never);
  return (await Array.fromAsync(server.follow('/runs/r/events', undefined, untilTold))).map(
    ({ data }) => data,
  );
}

const stream = (...numbers: readonly number[]): string =>
  numbers.map((number) => `id: ${number}\nevent: node\ndata: ${number}\n\n`).join('');

test('a stream that a stopping server has ended is taken up behind its last event, until the server says that it is over', async () => {
  const { url, asked } = await serving(stream(1, 2), stream(3), 204);
  expect(await follow(url, true)).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, '2', '3']);
});

test('a stream whose end is its end is read once', async () => {
  const { url, asked } = await serving(stream(1), stream(2));
  expect(await follow(url, false)).toEqual([1]);
  expect(asked).toHaveLength(1);
});
