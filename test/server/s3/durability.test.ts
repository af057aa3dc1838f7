import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainFile } from '../../harness/sluice.ts';

const Bucket = 'bucket';
const partBytes = 5 * 1024 * 1024;

describe('objects after kill -9', () => {
  let home: string;
  let child: ChildProcess | undefined;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'durable-'));
  });
  afterAll(async () => {
    await kill();
    rmSync(home, { recursive: true });
  });

  async function start(): Promise<S3Client> {
    child = spawn(process.execPath, [mainFile, 'serve', '--port', '0', '--json'], {
      env: { ...process.env, SLUICE_HOME: home, VITEST: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { readonly url: string };
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    return new S3Client({
      endpoint: url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
    });
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  // No round is timed: each is killed while writes are under way, once there was one more answer for each key.
  it('are the last that was acknowledged, or one that was under way, each whole with its own record', {
    timeout: 600_000,
  }, async () => {
    const acknowledged = { one: 0, parts: 0 };
    let version = 0;
    for (let round = 0; round < 6; round++) {
      const client = await start();
      await client.send(new CreateBucketCommand({ Bucket }));
      if (round > 0) await check(client, acknowledged, version);
      const killed = new AbortController();
      const before = { ...acknowledged };
      const writers = [
        write(killed.signal, async () => {
          const mine = ++version;
          await client.send(
            new PutObjectCommand({
              Bucket,
              Key: 'one',
              Body: bodyOf(mine),
              Metadata: { version: String(mine) },
            }),
          );
          acknowledged.one = mine;
        }),
        write(killed.signal, async () => {
          const mine = ++version;
          await uploadParts(client, mine);
          acknowledged.parts = mine;
        }),
      ];
      try {
        await expect
          .poll(() => acknowledged.one > before.one && acknowledged.parts > before.parts, {
            timeout: 120_000,
            interval: 5,
          })
          .toBe(true);
        // Anywhere in the writes that are under way now.
        await sleep(Math.random() * 100);
      } finally {
        await kill();
        killed.abort();
      }
      await Promise.all(writers);
      client.destroy();
    }
    const client = await start();
    await check(client, acknowledged, version);
    client.destroy();
    expect(Math.min(acknowledged.one, acknowledged.parts)).toBeGreaterThan(0);
    expect(readdirSync(join(home, 's3', Bucket)).sort()).toEqual(['one', 'parts']);
  });
});

async function write(killed: AbortSignal, once: () => Promise<void>): Promise<void> {
  while (!killed.aborted) {
    try {
      await once();
    } catch {
      await sleep(20);
    }
  }
}

async function check(
  client: S3Client,
  acknowledged: Readonly<Record<string, number>>,
  last: number,
): Promise<void> {
  for (const [Key, least] of Object.entries(acknowledged)) {
    if (least === 0) continue;
    const { Body, Metadata, ETag } = await client.send(new GetObjectCommand({ Bucket, Key }));
    const version = Number(Metadata?.['version']);
    expect(version).toBeGreaterThanOrEqual(least);
    expect(version).toBeLessThanOrEqual(last);
    const expected = Key === 'one' ? bodyOf(version) : Buffer.concat(partsOf(version));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(expected)).toBe(true);
    const md5 = createHash('md5').update(expected).digest('hex');
    expect(ETag).toMatch(Key === 'one' ? `"${md5}"` : /-2"$/);
  }
}

async function uploadParts(client: S3Client, version: number): Promise<void> {
  const Key = 'parts';
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { version: String(version) } }),
  );
  const Parts = [];
  for (const [index, Body] of partsOf(version).entries()) {
    const PartNumber = index + 1;
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
}

/** Sizes and bytes differ from version to version. */
function bodyOf(version: number): Buffer {
  return Buffer.alloc(2_000_000 + version, `version ${version} `);
}

function partsOf(version: number): Buffer[] {
  return [Buffer.alloc(partBytes, `a${version} `), Buffer.alloc(1000 + version, `b${version} `)];
}
