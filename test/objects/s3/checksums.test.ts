import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChecksumAlgorithm } from '../../../src/objects/checksums/checksum.ts';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../../src/objects/s3/s3-store.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

const mebi = 1024 * 1024;
const Bucket = 'bucket';

describe('checksums of what is read', () => {
  let s3: TestS3;
  let client: S3Client;
  let proxy: Server;
  let store: S3Store;
  let directory: string;
  /** The byte of the object that is changed on the way. */
  let damagedByte: number | undefined;
  beforeAll(async () => {
    s3 = await startS3({ verify: false });
    await s3.store.createBucket(Bucket);
    client = new S3Client({
      endpoint: s3.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: s3.credentials,
    });
    proxy = createServer((incoming, outgoing) => {
      const { method = 'GET', headers, url = '/' } = incoming;
      const forward = request(new URL(url, s3.url), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        const damage = method === 'GET' ? damagedByte : undefined;
        let position = Number(/bytes (\d+)/.exec(answer.headers['content-range'] ?? '')?.[1] ?? 0);
        answer.on('data', (piece: Buffer) => {
          const at = damage === undefined ? -1 : damage - position;
          if (at >= 0 && at < piece.length) piece[at] = (piece[at] ?? 0) ^ 1;
          position += piece.length;
          outgoing.write(piece);
        });
        answer.on('end', () => outgoing.end());
      });
      incoming.pipe(forward);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    store = createS3Store({ endpoint, credentials: s3.credentials });
    directory = mkdtempSync(join(tmpdir(), 'checksums-'));
  });
  afterAll(async () => {
    await store.close();
    client.destroy();
    proxy.closeAllConnections();
    proxy.close();
    await s3.close();
    rmSync(directory, { recursive: true });
  });

  async function putParts(Key: string, bodies: readonly Buffer[], ChecksumAlgorithm: ChecksumAlgorithm) {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm }),
    );
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const upload = { Bucket, Key, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm };
      const { $metadata: _, ...part } = await client.send(new UploadPartCommand(upload));
      Parts.push({ PartNumber: index + 1, ...part });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
  }

  const cut = (body: Buffer, ...places: readonly number[]) =>
    [0, ...places].map((start, index) => body.subarray(start, places[index]));

  it.each<[string, ChecksumAlgorithm, number, readonly number[]]>([
    ['a whole object that is read in ranges', 'SHA1', 40 * mebi + 1, []],
    ['a whole object that is read in ranges', 'SHA256', 40 * mebi + 1, []],
    ['a whole small object', 'SHA256', 1000, []],
    ['the parts of an object', 'CRC32', 20 * mebi, [8 * mebi, 16 * mebi]],
    ['the parts of an object', 'SHA256', 20 * mebi, [8 * mebi, 16 * mebi]],
    ['the parts of an object', 'CRC32C', 12 * mebi, [6 * mebi]],
    ['the one part of a small object', 'SHA1', 1000, [1000]],
  ])('of %s, %s, are verified', async (name, algorithm, size, places) => {
    const key = `${name.replaceAll(' ', '-')}-${algorithm}`;
    const body = randomBytes(size);
    if (places.length === 0)
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ChecksumAlgorithm: algorithm }));
    else await putParts(key, cut(body, ...places.filter((place) => place < size)), algorithm);
    const path = join(directory, key);
    const read = async () => Buffer.concat(await Array.fromAsync((await store.get(Bucket, key)).body));

    damagedByte = undefined;
    await store.download(Bucket, [{ key, path, size }]);
    expect(readFileSync(path).equals(body)).toBe(true);
    expect((await read()).equals(body)).toBe(true);
    rmSync(path);

    damagedByte = Math.floor(size / 2);
    const failure = { code: 'ChecksumMismatch', message: expect.stringContaining(`s3://${Bucket}/${key}`) };
    await expect(store.download(Bucket, [{ key, path, size }])).rejects.toMatchObject(failure);
    await expect(read()).rejects.toMatchObject(failure);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of parts of different sizes are not, for each part would have to be asked for', async () => {
    const key = 'different-sizes';
    const body = randomBytes(20 * mebi);
    await putParts(key, cut(body, 6 * mebi, 14 * mebi), 'CRC32');
    const path = join(directory, key);
    damagedByte = 1;
    await store.download(Bucket, [{ key, path, size: body.length }]);
    expect(readFileSync(path).length).toBe(body.length);
    rmSync(path);
  });
});
