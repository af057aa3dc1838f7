// Needs: bubblewrap
import { hostname, networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RawRequest, sendBytes, sendRaw } from '../../harness/raw-request.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

let s3: TestS3;
beforeAll(async () => {
  s3 = await startS3({
    verify: false,
    allowedHosts: ['sluice', 's3.example.com:4777'],
    allowedOrigins: ['https://notebook.example.com'],
  });
  await s3.store.createBucket('bucket');
  await sendRaw(s3.port, {
    method: 'PUT',
    path: '/bucket/page.html',
    headers: { host: 'localhost', 'content-type': 'text/html' },
    body: '<script>1</script>',
  });
});
afterAll(() => s3.close());

const send = (request: RawRequest) => sendRaw(s3.port, request);
const own = () => `127.0.0.1:${s3.port}`;

describe('a request for a host', () => {
  test.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:1', 200],
    ['127.1.2.3:4777', 200],
    ['localhost:4777', 200],
    ['LOCALHOST', 200],
    ['localhost.', 200],
    ['localhost.localdomain', 200],
    ['[::1]:4777', 200],
    ['[0:0:0:0:0:0:0:1]', 200],
    ['s3.localhost:4777', 200],
    ['sluice', 200],
    ['sluice:80', 200],
    ['s3.example.com', 200],
    ['evil.example', 403],
    ['evil.example:4777', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['evil.example#.localhost', 403],
    ['evil.example/.localhost', 403],
    ['user@localhost', 403],
    ['notsluice', 403],
    ['192.168.1.1:4777', 403],
    ['0.0.0.0:4777', 403],
    ['[::2]', 403],
    ['[::ffff:127.0.0.1%25x]', 403],
    ['localhost:port', 403],
    [hostname(), 403],
  ])('%s: %i', async (host, status) => {
    expect((await send({ headers: { host } })).status).toBe(status);
  });

  test('of a name in front of one of the server is for the bucket of that name', async () => {
    for (const host of [
      'bucket.localhost:1',
      'bucket.s3.localhost',
      'bucket.s3.example.com',
      'bucket.sluice',
    ]) {
      const answer = await send({ path: '/page.html', headers: { host } });
      expect([host, answer.status, answer.text]).toEqual([host, 200, '<script>1</script>']);
    }
  });

  test('that is not the server is told why, in the form of the service', async () => {
    const host = 'rebound.example';
    const xml = await send({ method: 'POST', path: '/bucket?delete', headers: { host } });
    expect(xml.status).toBe(403);
    expect(xml.text).toMatch(/<Code>AccessDenied<\/Code>.*&quot;rebound\.example&quot;.*--allowed-host/);
    const headers = { host, 'x-amz-target': 'SageMaker.ListTrainingJobs' };
    const json = await send({ method: 'POST', headers, body: '{}' });
    expect(JSON.parse(json.text)).toMatchObject({ __type: 'AccessDeniedException' });
  });
});

describe('what HTTP allows to be said of the host in other ways', () => {
  test.each([
    ['two Host headers', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', 400],
    ['no Host header', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['no Host header in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 403],
    ['an empty Host header', 'GET / HTTP/1.1\r\nHost: \r\n\r\n', 403],
    ['a Host header in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n', 200],
    ['a whole URL', 'GET http://localhost/bucket?list-type=2 HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
    ['a whole URL of another host', 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 403],
    ['a whole URL, for another host', 'GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
    ['a target that is neither', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    [
      'an upgrade from another site',
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      403,
    ],
  ])('%s', async (_, bytes, status) => {
    const sent = bytes.includes('Upgrade')
      ? bytes
      : bytes.replace(/\r\n\r\n$/, '\r\nConnection: close\r\n\r\n');
    expect(await sendBytes(s3.port, sent)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('CONNECT is not answered', async () => {
    const bytes = 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n';
    expect(await sendBytes(s3.port, bytes)).not.toMatch(/^HTTP\/1\.1 2/);
  });
});

describe('requests that two servers would read differently', () => {
  const head = 'POST /bucket?delete HTTP/1.1\r\nHost: localhost\r\n';
  test.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
    ['a length with a sign', 'Content-Length: +4\r\n\r\nabcd'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['bare line feeds', 'X: a\nContent-Length: 0\n\n'],
    ['a chunk that is longer than it says', 'Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n'],
  ])('%s: refused, and the connection closed', async (_, rest) => {
    const smuggled = 'GET /bucket HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await sendBytes(s3.port, `${head}${rest}${smuggled}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  test('a head that is too large is refused', async () => {
    const answer = await sendRaw(s3.port, { headers: { host: own(), 'x-large': 'x'.repeat(40_000) } });
    expect(answer.status).toBe(431);
  });
});

describe('a page of another site', () => {
  const simple = { 'content-type': 'text/plain' };
  test.each([
    ['/bucket?delete', simple],
    ['/bucket/key?uploads', simple],
    ['/endpoints/x/invocations', simple],
    ['/', { ...simple, 'x-amz-target': 'SageMaker.StopTrainingJob' }],
    ['/bucket', { 'content-type': 'multipart/form-data; boundary=x' }],
  ])('cannot send %s', async (path, headers) => {
    for (const origin of [
      'http://evil.example',
      'null',
      'http://localhost:1',
      'https://notebook.example.com.evil',
    ]) {
      const posted = await send({
        method: 'POST',
        path,
        headers: { ...headers, host: own(), origin },
        body: 'x',
      });
      expect([origin, posted.status]).toEqual([origin, 403]);
    }
    for (const site of ['cross-site', 'same-site']) {
      const sec = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      const posted = await send({
        method: 'POST',
        path,
        headers: { ...headers, ...sec, host: own() },
        body: 'x',
      });
      expect([site, posted.status]).toEqual([site, 403]);
    }
  });

  test.each([
    ['an image', 'no-cors', 'image', 403],
    ['a script', 'cors', 'empty', 403],
    ['a frame', 'navigate', 'iframe', 403],
    ['a link that is followed', 'navigate', 'document', 200],
  ])('%s', async (_, mode, dest, status) => {
    const sec = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    const answer = await send({ path: '/bucket/page.html', headers: { ...sec, host: own() } });
    expect(answer.status).toBe(status);
  });

  test('is shown what is stored without scripts and without the origin of the server', async () => {
    for (const path of [
      '/bucket/page.html',
      '/bucket/page.html?response-content-type=text/html',
      '/bucket/none',
    ]) {
      const { headers } = await send({ path, headers: { host: own() } });
      expect(headers).toMatchObject({
        'content-security-policy': 'sandbox',
        'x-content-type-options': 'nosniff',
      });
    }
    const path =
      '/bucket/page.html?response-content-security-policy=x&response-access-control-allow-origin=*';
    const { headers } = await send({ path, headers: { host: own() } });
    expect(headers['content-security-policy']).toBe('sandbox');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('a header of an answer that cannot be one is refused', async () => {
    const path = '/bucket/page.html?response-content-disposition=a%0D%0Aset-cookie:%20b';
    const answer = await send({ path, headers: { host: own() } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('<ArgumentName>response-content-disposition</ArgumentName>');
  });
});

describe('a page of an allowed origin', () => {
  const origin = 'https://notebook.example.com';

  test('is asked first, and may read what it is answered', async () => {
    const asked = await send({
      method: 'OPTIONS',
      path: '/bucket/key',
      headers: {
        host: own(),
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,x-amz-date',
        'access-control-request-private-network': 'true',
      },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
      'access-control-allow-headers': 'authorization,x-amz-date',
      'access-control-allow-private-network': 'true',
      vary: 'Origin',
    });
    const headers = { host: own(), origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const put = await send({ method: 'PUT', path: '/bucket/key', headers, body: 'x' });
    expect(put.status).toBe(200);
    expect(put.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    expect((await send({ path: '/bucket/none', headers })).headers['access-control-allow-origin']).toBe(
      origin,
    );
  });

  test('another one is not allowed by the question', async () => {
    const headers = { host: own(), origin: 'http://evil.example', 'access-control-request-method': 'PUT' };
    const asked = await send({ method: 'OPTIONS', path: '/bucket/key', headers });
    expect(asked.status).toBe(403);
    expect(asked.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('the own origin is no other one', async () => {
    for (const [host, same] of [
      [own(), `http://${own()}`],
      ['s3.example.com', 'https://s3.example.com'],
      ['s3.example.com:443', 'https://s3.example.com'],
    ] as const) {
      const headers = { host, origin: same, 'sec-fetch-site': 'same-origin' };
      expect((await send({ path: '/', headers })).status).toBe(200);
    }
  });
});

test('a server that listens at every address goes by all of them, and by the name of the machine', async () => {
  const open = await startS3({ host: '0.0.0.0' });
  try {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const hosts = addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address));
    for (const host of [...hosts, hostname(), 'localhost']) {
      // Unsigned: it has come as far as that.
      const answer = await sendRaw(open.port, { headers: { host } });
      expect([host, answer.text]).toEqual([host, expect.stringContaining('Access Denied')]);
    }
    expect((await sendRaw(open.port, { headers: { host: '203.0.113.1' } })).text).toContain('203.0.113.1');
  } finally {
    await open.close();
  }
});

test.each([{ allowedHosts: ['*'] }, { allowedOrigins: ['*'] }])(
  'whoever asks is let in by a server with credentials alone: %j',
  async (options) => {
    await expect(startS3({ verify: false, ...options })).rejects.toMatchObject({ code: 'InvalidArgument' });
    const open = await startS3(options);
    try {
      const headers = {
        host: options.allowedHosts ? 'any.example' : 'localhost',
        origin: 'http://any.example',
      };
      expect((await sendRaw(open.port, { headers })).text).toContain('<Message>Access Denied</Message>');
    } finally {
      await open.close();
    }
  },
);
