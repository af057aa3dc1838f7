import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { askServer, createServerAgent } from '../../src/jobs/serving/http.ts';

async function ask(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const agent = createServerAgent();
  try {
    const { port } = server.address() as AddressInfo;
    const request = { agent, port, method: 'GET', path: '/ping', timeoutMs: 60_000, maxBytes: 1000 } as const;
    return await askServer(request);
  } finally {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  }
}

test.each<[string, RequestListener]>([
  [
    'never ends',
    (_request, response) => {
      response.on('drain', () => response.write('x'.repeat(100_000)));
      response.write('x'.repeat(100_000));
    },
  ],
  ['is longer than it may be', (_request, response) => response.end('x'.repeat(1001))],
])('an answer that %s is given up', async (_title, answer) => {
  await expect(ask(answer)).rejects.toThrow('the answer has more than 1000 bytes');
});

test('an answer as long as it may be is whole', async () => {
  const { status, body } = await ask((_request, response) => response.end('x'.repeat(1000)));
  expect([status, body.length]).toEqual([200, 1000]);
});
