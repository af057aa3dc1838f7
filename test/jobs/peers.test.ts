import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { PEER_PATH, Peers, RELAYED_HEADER } from '../../src/jobs/peers.ts';
import { thisMachine, type WorkerRecord } from '../../src/state/index.ts';

const key = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
const peers = new Peers(
  'us-east-1',
  () => 'http://127.0.0.1:4777',
  () => key,
);
const ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that answers each request with a status. */
async function answering(status: number): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const worker: WorkerRecord = {
  ...thisMachine(),
  id: '1',
  name: 'other',
  pid: 1,
  startTime: '1',
  leaseMs: 1,
  until: 1,
};

it('signs what it asks, and says that it was passed on', async () => {
  const { url, requests } = await answering(200);
  const answer = await peers.request(url, { method: 'GET', path: `${PEER_PATH}logs`, service: 'sluice' });
  await answer.body.dump();
  expect(requests[0]?.headers).toMatchObject({
    [RELAYED_HEADER]: '1',
    authorization: expect.stringMatching(/Credential=AKIA\/\d{8}\/us-east-1\/sluice\//),
  });
});

it('says that a server does not take its key, and what to do', async () => {
  const { url } = await answering(403);
  const asked = peers.request(url, { method: 'GET', path: `${PEER_PATH}logs`, service: 'sluice' });
  await expect(asked).rejects.toMatchObject({
    code: 'PeerUnavailable',
    message: `The server at ${url} does not take this server's key.`,
    hint: expect.stringContaining('server.keys'),
  });
});

it('says that a server does not answer, and asks it no second time at once', async () => {
  const { url, requests } = await answering(200);
  for (const end of ends.splice(0)) end();
  const ask = () => peers.request(url, { method: 'GET', path: PEER_PATH, service: 'sluice' });
  await expect(ask()).rejects.toMatchObject({ code: 'PeerUnavailable' });
  await expect(ask()).rejects.toThrow('it did not a moment ago');
  expect(requests).toEqual([]);
});

it.each([
  ['this home', { url: 'http://127.0.0.1:4777' }, undefined],
  ['another home of this machine', { url: 'http://127.0.0.1:4778' }, 'http://127.0.0.1:4778'],
  ['another machine', { url: 'https://b.example.com', boot: 'other' }, 'https://b.example.com'],
  ['a process without a server', {}, undefined],
])('finds the server of %s', (_, more, url) => {
  expect(peers.urlOf({ ...worker, ...more })).toBe(url);
});

it('does not take the loopback of another machine for its own', () => {
  const there = { ...worker, url: 'http://127.0.0.1:4777', boot: 'other', host: 'b' };
  expect(() => peers.urlOf(there)).toThrow("The server of 'other' is reached from its machine, b, alone");
});
