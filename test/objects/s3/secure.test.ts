// Needs: openssl, python
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import { systemProgram } from '../../harness/s3-clients.ts';

describe('an S3 endpoint behind TLS', () => {
  const small = randomBytes(10_000);
  const large = randomBytes(20 * 1024 * 1024 + 7);
  let directory: string;
  let server: Server;
  let certificate: string;
  let items: { key: string; path: string; size: number }[];
  const trusted = getCACertificates();
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'secure-'));
    const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', keyFile, '-out', certFile];
    execFileSync(systemProgram('openssl', 'openssl'), [...request, ...subject, ...files], {
      stdio: 'ignore',
    });
    certificate = readFileSync(certFile, 'utf8');
    server = createServer({ key: readFileSync(keyFile), cert: certificate }, (incoming, answer) => {
      const whole = incoming.url === '/bucket/small' ? small : large;
      const range = /bytes=(\d+)-(\d+)/.exec(incoming.headers.range ?? '');
      const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, whole.length];
      answer.writeHead(range ? 206 : 200, {
        'content-length': end - start,
        ...(range && { 'content-range': `bytes ${start}-${end - 1}/${whole.length}` }),
        etag: '"x"',
      });
      answer.end(incoming.method === 'HEAD' ? undefined : whole.subarray(start, end));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    items = Object.entries({ small, large }).map(([key, { length }]) => ({
      key,
      path: join(directory, key),
      size: length,
    }));
  });
  afterAll(() => {
    setDefaultCACertificates(trusted);
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const download = async () => {
    const endpoint = `https://localhost:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const store = createS3Store({ endpoint, credentials, attempts: 1 });
    try {
      await store.download('bucket', items);
    } finally {
      await store.close();
    }
  };

  it('is not believed without a certificate that can be trusted', async () => {
    await expect(download()).rejects.toMatchObject({
      code: 'StoreUnavailable',
      message: expect.stringContaining('self-signed certificate'),
    });
  });

  it('gives small and large objects', async () => {
    setDefaultCACertificates([...trusted, certificate]);
    await download();
    expect(readFileSync(join(directory, 'small')).equals(small)).toBe(true);
    expect(readFileSync(join(directory, 'large')).equals(large)).toBe(true);
  });
});
