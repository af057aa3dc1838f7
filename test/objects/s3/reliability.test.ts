import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChecksum } from '../../../src/objects/checksums/checksum.ts';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../../src/objects/s3/s3-store.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };

/** What a store does with one request for an object. */
type Behaviour = (request: IncomingMessage, response: ServerResponse, send: SendOptions) => void;

interface SendOptions {
  readonly body: Buffer;
  readonly start: number;
  readonly headers: Record<string, string | number>;
  readonly status: number;
}

/** Answers rightly. */
const well: Behaviour = (request, response, { status, headers, body }) => {
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
};

/** Breaks the connection after a part of the body. */
const breakAfter =
  (bytes: number): Behaviour =>
  (_request, response, { status, headers, body }) => {
    response.writeHead(status, headers);
    response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 5));
  };

/** Sends a part of the body, and nothing more. */
const stallAfter =
  (bytes: number): Behaviour =>
  (_request, response, { status, headers, body }) => {
    response.writeHead(status, headers);
    response.write(body.subarray(0, bytes));
  };

/** Ends properly, but too early. */
const shortBody: Behaviour = (_request, response, { status, headers, body }) => {
  const { 'content-length': _, ...rest } = headers;
  response.writeHead(status, { ...rest, 'content-length': body.length, connection: 'close' });
  response.write(body.subarray(0, body.length / 2), () => response.socket?.end());
};

const fail =
  (status: number, code: string): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it was</Message></Error>`);
  };

const reset: Behaviour = (request) => request.socket.resetAndDestroy();

describe('reading from an unreliable S3', () => {
  const object = randomBytes(3_000_000);
  let server: Server;
  let store: S3Store;
  let endpoint: string;
  let behaviours: Behaviour[];
  let asked: (string | undefined)[];
  let current: Buffer;
  let headers: Record<string, string>;
  let etag: string | undefined;
  let directory: string;

  beforeEach(async () => {
    behaviours = [];
    asked = [];
    current = object;
    headers = {};
    etag = undefined;
    directory = mkdtempSync(join(tmpdir(), 'unreliable-'));
    server = createServer((request, response) => {
      asked.push(request.headers.range);
      const tag = etag ?? `"${createHash('md5').update(current).digest('hex')}"`;
      if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== tag) {
        return fail(412, 'PreconditionFailed')(request, response, undefined as never);
      }
      const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
      const start = Number(range?.[1] ?? 0);
      const end = range?.[2] ? Number(range[2]) + 1 : current.length;
      const body = current.subarray(start, end);
      const common = {
        ...headers,
        etag: tag,
        'content-length': body.length,
        'last-modified': new Date(0).toUTCString(),
      };
      const status = range ? 206 : 200;
      const answered = range
        ? { ...common, 'content-range': `bytes ${start}-${end - 1}/${current.length}` }
        : common;
      (behaviours.shift() ?? well)(request, response, { body, start, headers: answered, status });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    store = createS3Store({ endpoint, credentials, attempts: 4 });
  });

  /** Where something stalls; all else must not fail because a busy machine does. */
  async function loseLittleTime(): Promise<void> {
    await store.close();
    store = createS3Store({ endpoint, credentials, idleTimeoutMs: 1500, attempts: 4 });
  }

  afterEach(async () => {
    await store.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(directory, { recursive: true });
  });

  const read = async () => Buffer.concat(await Array.fromAsync((await store.get('bucket', 'key')).body));

  it.each([
    ['a connection that breaks', [breakAfter(1_000_000)]],
    ['one that breaks again and again, but moves on', Array.from({ length: 9 }, () => breakAfter(300_000))],
    ['a short body', [shortBody]],
    ['503 SlowDown', [fail(503, 'SlowDown'), fail(503, 'SlowDown')]],
    ['500 InternalError', [fail(500, 'InternalError')]],
    ['a reset before the answer', [reset]],
  ])('survives %s', async (_name, faults) => {
    behaviours = [...faults];
    expect((await read()).equals(object)).toBe(true);
  });

  it('survives a stall', async () => {
    await loseLittleTime();
    behaviours = [stallAfter(500_000)];
    expect((await read()).equals(object)).toBe(true);
  });

  it('goes on at the byte where it stopped', async () => {
    behaviours = [breakAfter(1_000_000)];
    await read();
    expect(asked).toEqual([undefined, 'bytes=1000000-']);
  });

  it('gives up after the last try, saying what it met', async () => {
    behaviours = Array.from({ length: 4 }, () => fail(503, 'SlowDown'));
    await expect(read()).rejects.toMatchObject({
      code: 'StoreUnavailable',
      message: expect.stringContaining('SlowDown it was'),
    });
  });

  it.each([
    ['AccessDenied', 403, 'AccessDenied'],
    ['NoSuchKey', 404, 'NoSuchKey'],
    ['NoSuchBucket', 404, 'NoSuchBucket'],
  ])('does not repeat %s', async (name, status, code) => {
    behaviours = [fail(status, name)];
    await expect(read()).rejects.toMatchObject({ code, message: expect.stringContaining('s3://bucket/key') });
    expect(asked).toHaveLength(1);
  });

  it('refuses to mix an object with the one that replaced it meanwhile', async () => {
    behaviours = [
      (request, response, options) => {
        current = randomBytes(object.length);
        breakAfter(1_000_000)(request, response, options);
      },
    ];
    await expect(read()).rejects.toMatchObject({ code: 'PreconditionFailed' });
  });

  it('verifies the checksum that the store gives', async () => {
    const checksum = startChecksum('CRC32C');
    checksum.update(object);
    headers = { 'x-amz-checksum-crc32c': (await checksum.digest()).toString('base64') };
    expect((await read()).equals(object)).toBe(true);
    current = Buffer.from(object);
    current[7] = (current[7] ?? 0) ^ 1;
    await expect(read()).rejects.toMatchObject({ code: 'ChecksumMismatch' });
  });

  describe('into files', () => {
    const download = (keys: readonly string[], size?: number) =>
      store.download(
        'bucket',
        keys.map((key) => ({ key, path: join(directory, 'sub', key), ...(size !== undefined && { size }) })),
      );

    it('brings large objects by ranges, through faults', async () => {
      await loseLittleTime();
      current = randomBytes(17 * 1024 * 1024 + 5);
      behaviours = [well, breakAfter(100_000), stallAfter(0), fail(503, 'SlowDown'), shortBody];
      await download(['large']);
      expect(readFileSync(join(directory, 'sub', 'large')).equals(current)).toBe(true);
      expect(readdirSync(join(directory, 'sub'))).toEqual(['large']);
    });

    it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
      'verifies the whole %s of ranges',
      async (algorithm) => {
        current = randomBytes(17 * 1024 * 1024 + 5);
        const checksum = startChecksum(algorithm);
        checksum.update(current);
        headers = {
          [`x-amz-checksum-${algorithm.toLowerCase()}`]: (await checksum.digest()).toString('base64'),
        };
        await download(['large']);
        current = Buffer.from(current);
        current[10_000_000] = (current[10_000_000] ?? 0) ^ 1;
        await expect(download(['bad'])).rejects.toMatchObject({ code: 'ChecksumMismatch' });
        expect(readdirSync(join(directory, 'sub'))).toEqual(['large']);
      },
    );

    it('does not verify a checksum of which the store does not say that it is not one of parts', async () => {
      current = randomBytes(1000);
      headers = { 'x-amz-checksum-crc32': 'AAAAAA==' };
      await expect(download(['whole'], 1000)).rejects.toMatchObject({ code: 'ChecksumMismatch' });
      etag = '"00000000000000000000000000000000-2"';
      await download(['parts'], 1000);
      expect(readFileSync(join(directory, 'sub', 'parts')).equals(current)).toBe(true);
      headers['x-amz-checksum-type'] = 'FULL_OBJECT';
      await expect(download(['told'], 1000)).rejects.toMatchObject({ code: 'ChecksumMismatch' });
    });

    it('refuses other bytes than those of the range that was asked for', async () => {
      current = randomBytes(20 * 1024 * 1024);
      const whole: Behaviour = (request, response) => {
        response.writeHead(200, {
          'content-length': current.length,
          etag: request.headers['if-match'] ?? '',
        });
        response.end(current);
      };
      behaviours = [well, ...Array.from({ length: 12 }, () => whole)];
      await expect(download(['ranges'])).rejects.toMatchObject({
        code: 'StoreUnavailable',
        message: expect.stringContaining('s3://bucket/ranges'),
      });
      expect(readdirSync(join(directory, 'sub'))).toEqual([]);
    });

    it('takes bodies of which the store does not say how long they are', async () => {
      current = randomBytes(200_000);
      const inChunks: Behaviour = (_request, response, { status, headers: all, body }) => {
        const { 'content-length': _, ...rest } = all;
        response.writeHead(status, rest);
        response.write(body.subarray(0, 1000));
        response.end(body.subarray(1000));
      };
      behaviours = [inChunks, inChunks];
      await download(['one'], current.length);
      await download(['two'], current.length);
      expect(asked).toHaveLength(3);
      for (const key of ['one', 'two'])
        expect(readFileSync(join(directory, 'sub', key)).equals(current)).toBe(true);
    });

    it.each([
      ['an error in chunks', '<Error><Code>AccessDenied</Code><Message>said so</Message></Error>', 'said so'],
      ['a page of a proxy in chunks', '<html>no</html>', 'HTTP status 403'],
      ['an answer without a body', '', 'HTTP status 403'],
    ])('reads %s to its end', async (_name, body, said) => {
      behaviours = [
        (_request, response) => {
          response.writeHead(403);
          if (body) response.write(body.slice(0, 5));
          response.end(body.slice(5));
        },
      ];
      const message = expect.stringContaining(said);
      await expect(download(['denied'], 1000)).rejects.toMatchObject({ code: 'AccessDenied', message });
      expect(asked).toHaveLength(1);
    });

    it('uses a connection again, and another one where the server has closed it', async () => {
      current = randomBytes(1000);
      const sockets = new Set<unknown>();
      server.on('connection', (socket) => sockets.add(socket));
      for (const key of ['a', 'b', 'c']) await download([key], 1000);
      expect(sockets.size).toBe(1);
      server.closeIdleConnections();
      await download(['d'], 1000);
      expect(sockets.size).toBe(2);
    });

    it('brings many small objects', async () => {
      current = randomBytes(1000);
      behaviours = [reset, fail(503, 'SlowDown'), shortBody];
      const keys = Array.from({ length: 500 }, (_, index) => `k${index}`);
      await download(keys, 1000);
      expect(readdirSync(join(directory, 'sub')).sort()).toEqual(keys.toSorted());
    });

    it('leaves no part of an object that fails, and names it', async () => {
      behaviours = [fail(403, 'AccessDenied')];
      await expect(download(['denied'], 1000)).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('s3://bucket/denied'),
      });
      expect(readdirSync(directory)).toEqual([]);
    });

    it('stops when it is told to', async () => {
      behaviours = Array.from({ length: 50 }, () => stallAfter(0));
      const signal = AbortSignal.timeout(100);
      const items = [{ key: 'a', path: join(directory, 'a'), size: 10 }];
      await expect(store.download('bucket', items, { signal })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(readdirSync(directory)).toEqual([]);
    });
  });
});
