import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { askServer, createServerAgent } from '../../src/hosts/serving/http.ts';
import type { ModelServer } from '../../src/hosts/serving/model-server.ts';
import { transformSettings } from '../../src/hosts/transform/settings.ts';

async function withServer<T>(
  answer: RequestListener,
  action: (server: Pick<ModelServer, 'agent' | 'ports'>) => Promise<T>,
): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const agent = createServerAgent();
  try {
    return await action({ agent, ports: [(server.address() as AddressInfo).port] });
  } finally {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  }
}

function ask(answer: RequestListener) {
  return withServer(answer, ({ agent, ports: [port = 0] }) =>
    askServer({ agent, port, method: 'GET', path: '/ping', timeoutMs: 60_000, maxBytes: 1000 }),
  );
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

test.each<[string, object, [number, number, string]]>([
  [
    '{"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}',
    {},
    [4, 2, 'SingleRecord'],
  ],
  ['{"MaxConcurrentTransforms": 1e9}', {}, [1, 6, 'MultiRecord']],
  ['{"MaxConcurrentTransforms": "many", "MaxPayloadInMB": "6"}', {}, [1, 6, 'MultiRecord']],
  ['{"MaxConcurrentTransforms": -3, "MaxPayloadInMB": -1, "BatchStrategy": 7}', {}, [1, 6, 'MultiRecord']],
  ['{"MaxConcurrentTransforms": 2.5, "MaxPayloadInMB": 1e300}', {}, [1, 6, 'MultiRecord']],
  ['{"MaxConcurrentTransforms": 100, "MaxPayloadInMB": 50}', {}, [2, 50, 'MultiRecord']],
  ['{"MaxConcurrentTransforms": 100, "MaxPayloadInMB": 0}', {}, [100, 0, 'MultiRecord']],
  ['null', { MaxConcurrentTransforms: 8 }, [8, 6, 'MultiRecord']],
  ['[]', {}, [1, 6, 'MultiRecord']],
  ['no JSON', {}, [1, 6, 'MultiRecord']],
])('of the execution parameters %s what can be is taken', async (said, request, expected) => {
  const settings = await withServer(
    (_request, response) => response.end(said),
    (server) => transformSettings(request as CreateTransformJobRequest, server as ModelServer),
  );
  const { maxConcurrentTransforms, maxPayloadBytes, strategy } = settings;
  expect([maxConcurrentTransforms, maxPayloadBytes / 2 ** 20, strategy]).toEqual(expected);
});
