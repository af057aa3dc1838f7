import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import { listingPage, startWrongS3 } from '../../harness/wrong-s3.ts';

const unavailable = { code: 'StoreUnavailable', message: expect.stringContaining('s3://data/') };

/** Where the answer is not to be waited for in vain, the time for it is one that a busy machine keeps. */
async function openStore(answer: RequestListener, idleTimeoutMs = 60_000) {
  const s3 = await startWrongS3(answer);
  const store = createS3Store({
    endpoint: s3.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    attempts: 2,
    idleTimeoutMs,
  });
  const close = async () => {
    await store.close();
    await s3[Symbol.asyncDispose]();
  };
  return { s3, store, [Symbol.asyncDispose]: close };
}

describe('a listing that is none is refused', () => {
  it.each<[string, () => string]>([
    ['it goes on with the same token for ever', () => listingPage([], { next: 'again' })],
    ['pages overlap', () => listingPage(['p/a'], { next: String(performance.now()) })],
    ['it has a key twice', () => listingPage(['p/a', 'p/a'])],
    ['it has a key outside of the prefix', () => listingPage(['q/a'])],
    ['it has an empty key', () => listingPage([''])],
    ['a key is no UTF-8', () => listingPage(['p/%ff'])],
    ['a key is not encoded', () => listingPage(['p/%zz'])],
    ['a size is no number', () => listingPage(['p/a'], { size: 'large' })],
    ['a size is negative', () => listingPage(['p/a'], { size: '-1' })],
    ['a size is beyond all numbers', () => listingPage(['p/a'], { size: '99999999999999999999' })],
    ['an object has no key', () => listingPage(['p/a']).replace(/<Key>.*<\/Key>/, '')],
    ['an object has no size', () => listingPage(['p/a']).replace(/<Size>.*<\/Size>/, '')],
  ])('%s', async (_what, page) => {
    await using opened = await openStore((_request, response) => response.end(page()));
    const { store } = opened;
    await expect(Array.fromAsync(store.list('data', { prefix: 'p/' }))).rejects.toMatchObject(unavailable);
    await expect(Array.fromAsync(store.listLevel('data', { prefix: 'p/' }))).rejects.toMatchObject(
      unavailable,
    );
  });
});

it('does not follow an endpoint from region to region for ever', async () => {
  await using opened = await openStore((_request, response) =>
    response.writeHead(301, { 'x-amz-bucket-region': `r-${opened.s3.requests}` }).end(),
  );
  await expect(opened.store.head('data', 'a')).rejects.toMatchObject({
    message: expect.stringContaining('301'),
  });
  expect(opened.s3.requests).toBe(2);
});

describe.each<[string, RequestListener]>([
  ['says nothing', () => undefined],
  ['does not speak HTTP', (request) => request.socket.end('\0garbage')],
  ['breaks off', (request) => request.socket.destroy()],
])('from an endpoint that %s', (_what, answer) => {
  it.each([
    ['an upload', 'put'],
    ['a large upload', 'putLarge'],
    ['a new bucket', 'createBucket'],
  ] as const)('%s fails as StoreUnavailable', async (_name, operation) => {
    await using opened = await openStore(answer, 100);
    const { store } = opened;
    async function* large() {
      for (let piece = 0; piece < 17; piece++) yield Buffer.alloc(1024 * 1024);
    }
    const operations = {
      put: () => store.put('data', 'a', 'text'),
      putLarge: () => store.put('data', 'a', large()),
      createBucket: () => store.createBucket('data'),
    };
    await expect(operations[operation]()).rejects.toMatchObject(unavailable);
  });
});

describe.each<[string, RequestListener]>([
  [
    'sends answers before the answer without an end',
    (request) => drip(request, () => 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  ],
  [
    'sends a head byte by byte',
    (request) => drip(request, (count) => (count === 0 ? 'HTTP/1.1 200 OK\r\nx: ' : 'x')),
  ],
  [
    'sends a body byte by byte',
    (request) =>
      drip(request, (count) =>
        count === 0
          ? 'HTTP/1.1 200 OK\r\netag: "a"\r\nlast-modified: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-length: 300000\r\n\r\n'
          : 'x',
      ),
  ],
  [
    'sends a failure byte by byte',
    (request) =>
      drip(request, (count) => (count === 0 ? 'HTTP/1.1 403 No\r\ncontent-length: 60000\r\n\r\n' : 'x')),
  ],
])('an endpoint that %s is given up', (_what, answer) => {
  it.each(['read', 'download'] as const)('in a %s', async (operation) => {
    await using opened = await openStore(answer, 100);
    const directory = mkdtempSync(join(tmpdir(), 'sluice-drip-'));
    const { store } = opened;
    const operations = {
      read: async () => Array.fromAsync((await store.get('data', 'a')).body),
      download: () =>
        store.download('data', [{ key: 'a', path: join(directory, 'a'), size: 300_000, etag: '"a"' }]),
    };
    await expect(operations[operation]()).rejects.toThrow(/s3:\/\/data\/a/);
    rmSync(directory, { recursive: true });
  });
});

/** Writes to a connection again and again, without an end, more often than the silence that is allowed. */
function drip(request: IncomingMessage, text: (count: number) => string): void {
  const { socket } = request;
  socket.write(text(0));
  let count = 1;
  const timer = setInterval(() => socket.write(text(count++)), 20);
  socket.once('close', () => clearInterval(timer));
}

it('an upload is not answered without an end', async () => {
  await using opened = await openStore((_request, response) => {
    response.writeHead(400);
    const more = (): void => {
      while (!response.destroyed && response.write(' '.repeat(1 << 20)));
    };
    response.on('drain', more);
    more();
  });
  await expect(opened.store.put('data', 'a', 'text')).rejects.toThrow(/no end/);
});

it('what the source of an upload throws stays what it is', async () => {
  await using opened = await openStore((_request, response) => response.end());
  async function* broken() {
    yield Buffer.from('a');
    throw new RangeError('of the source');
  }
  await expect(opened.store.put('data', 'a', broken())).rejects.toThrow(RangeError);
});
