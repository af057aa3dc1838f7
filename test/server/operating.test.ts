import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AccessLog } from '../../src/server/operating/access-log.ts';
import { formatMetrics } from '../../src/server/operating/metric-text.ts';
import { sendRaw } from '../harness/raw-request.ts';
import { startS3, type TestS3, testCredentials } from '../harness/s3-server.ts';
import { authorization, presign } from '../harness/sign.ts';

let directory: string;
let logFile: string;
let accessLog: AccessLog;
let s3: TestS3;
let reason: string | undefined;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'operating-'));
  logFile = join(directory, 'access.log');
  accessLog = new AccessLog(logFile, (message) => expect.unreachable(message));
  s3 = await startS3({
    accessLog,
    notReady: async () => reason,
    metrics: async () => [
      {
        name: 'sluice_jobs',
        type: 'gauge',
        help: 'x',
        samples: [{ labels: { type: 'training' }, value: 3 }],
      },
    ],
  });
  await s3.store.createBucket('bucket');
  await s3.store.put('bucket', 'key', Buffer.from('bytes'));
});
afterAll(async () => {
  await s3.close();
  await accessLog.close();
  rmSync(directory, { recursive: true });
});

const fixture = (name: string) => readFileSync(new URL(`../fixtures/server/${name}`, import.meta.url));
const host = () => `127.0.0.1:${s3.port}`;
const get = (path: string, headers: Record<string, string> = {}) =>
  sendRaw(s3.port, { path, headers: { host: host(), ...headers } });
const signing = () => ({ path: '/bucket/key', host: host(), credentials: testCredentials });

describe('what a server tells of itself', () => {
  test('is whether it runs, and whether it can serve', async () => {
    expect(await get('/_sluice/health')).toMatchObject({ status: 200, text: '{"status":"ok"}\n' });
    expect(await get('/_sluice/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}\n' });
    reason = 'starting';
    const not = await get('/_sluice/ready');
    reason = undefined;
    expect([not.status, JSON.parse(not.text)]).toEqual([503, { status: 'not ready', reason: 'starting' }]);
  });

  test.each([
    ['/_sluice/', 404],
    ['/_sluice/other', 404],
    ['/_sluice/health/', 404],
    ['/_sluice/health?x=y', 200],
  ])('%s: %i', async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  test('is for who may ask, and only told', async () => {
    expect((await get('/_sluice/metrics', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/_sluice/metrics', { origin: 'http://evil.example' })).status).toBe(403);
    const posted = await sendRaw(s3.port, {
      method: 'POST',
      path: '/_sluice/health',
      headers: { host: host() },
    });
    expect(posted.status).toBe(405);
    const head = await sendRaw(s3.port, {
      method: 'HEAD',
      path: '/_sluice/health',
      headers: { host: host() },
    });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('is no bucket, and no key of one that stands in the host', async () => {
    const headers = authorization({ ...signing(), method: 'PUT', path: '/_sluice' });
    const made = await sendRaw(s3.port, { method: 'PUT', path: '/_sluice', headers });
    expect(made.text).toContain('<Code>InvalidBucketName</Code>');
    const key = await get('/_sluice/health', { host: 'bucket.localhost' });
    expect(key.text).toContain('<Code>AccessDenied</Code>');
  });
});

test('metrics count requests by service, operation and status, with how long they took', async () => {
  const headers = authorization(signing());
  const before = valueOf((await get('/_sluice/metrics')).text, 'sluice_s3_sent_bytes_total');
  await get('/bucket/key', headers);
  await get('/bucket/key');
  const { text: metrics, headers: answered } = await get('/_sluice/metrics');
  expect(answered['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(valueOf(metrics, 'sluice_requests_total{service="s3",operation="GetObject",status="200"}')).toBe(1);
  expect(
    valueOf(metrics, 'sluice_requests_total{service="s3",operation="none",status="403"}'),
  ).toBeGreaterThan(0);
  const kind = 'service="s3",operation="GetObject",status="200"';
  expect(valueOf(metrics, `sluice_request_duration_seconds_bucket{${kind},le="+Inf"}`)).toBe(1);
  expect(valueOf(metrics, `sluice_request_duration_seconds_count{${kind}}`)).toBe(1);
  expect(valueOf(metrics, `sluice_request_duration_seconds_sum{${kind}}`)).toBeGreaterThan(0);
  expect(valueOf(metrics, 'sluice_jobs{type="training"}')).toBe(3);
  expect(valueOf(metrics, 'sluice_requests_in_flight')).toBe(1);
  expect(valueOf(metrics, 'sluice_s3_sent_bytes_total')).toBeGreaterThan(before + 500);
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_open_fds'])
    expect(valueOf(metrics, name)).toBeGreaterThan(0);
  expect(metrics).not.toContain('bucket"');
});

function valueOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`no metric ${name}`);
  return Number(line.slice(name.length));
}

test('labels are escaped, and each metric says what it is', () => {
  const samples = [{ labels: { a: 'x"y\\z\nw' }, value: 1 }];
  expect(formatMetrics([{ name: 'n', type: 'counter', help: 'What.', samples }])).toBe(
    '# HELP n What.\n# TYPE n counter\nn{a="x\\"y\\\\z\\nw"} 1\n',
  );
});

test('the access log has a line for each request, and no secret', async () => {
  const url = presign({ ...signing(), query: { marker: 'one', 'response-content-type': 'text/x' } });
  expect((await get(url)).text).toBe('bytes');
  await get('/bucket/none', {
    ...authorization({ ...signing(), path: '/bucket/none' }),
    'user-agent': 'a\tb',
  });
  await get('/?X%2DAmz%2DSignature=secretly&Signature=secretly&X-Amz-Security-Token=secretly');
  const read = () =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await expect.poll(() => read().at(-1)?.['url']).toContain('X%2DAmz%2DSignature=-');
  const entries = read();
  const presigned = entries.find((entry) => String(entry['url']).includes('marker=one'));
  expect(presigned).toMatchObject({
    method: 'GET',
    remote: '127.0.0.1',
    key: testCredentials.accessKeyId,
    host: host(),
    service: 's3',
    operation: 'GetObject',
    status: 200,
  });
  expect(presigned?.['bytesSent']).toBeGreaterThan(300);
  expect(entries.find(({ userAgent }) => userAgent === 'a\tb')).toMatchObject({ status: 404 });
  const all = readFileSync(logFile, 'utf8');
  expect(all).not.toMatch(/secretly|Signature=[^-]|Credential=[^-]/);
  expect(all).not.toContain(testCredentials.secretAccessKey);
  expect(statSync(logFile).mode & 0o777).toBe(0o600);
});

test('an access log that cannot be written is told of once, and ends nothing', async () => {
  const warnings: string[] = [];
  const lost = new AccessLog(join(directory, 'none', 'access.log'), (message) => warnings.push(message));
  await expect.poll(() => warnings).toEqual([expect.stringContaining('ENOENT')]);
  await lost.close();
});

describe('with a certificate', () => {
  test('a server speaks HTTPS, and HTTP to the programs of its own machine', async () => {
    const tls = { certificate: fixture('localhost.pem'), key: fixture('localhost-key.pem') };
    const secure = await startS3({ tls, allowedHosts: ['localhost'] });
    try {
      expect(secure.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
      expect((await fetch(`${secure.url}/_sluice/health`)).status).toBe(200);
      const agent = new Agent({ ca: tls.certificate });
      const answered = Promise.withResolvers<string>();
      request(`https://localhost:${secure.port}/_sluice/health`, { agent }, (response) => {
        answered.resolve(text(response));
      })
        .on('error', answered.reject)
        .end();
      expect(await answered.promise).toBe('{"status":"ok"}\n');
      agent.destroy();
    } finally {
      await secure.close();
    }
    expect(existsSync(join(secure.home, 'server.json'))).toBe(false);
  });

  test('that is none it does not start', async () => {
    const tls = { certificate: Buffer.from('x'), key: Buffer.from('secretly') };
    await expect(startS3({ tls })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.not.stringContaining('secretly'),
    });
  });
});
