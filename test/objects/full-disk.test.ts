// Needs: bubblewrap
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreOpening } from '../../src/objects/store.ts';
import { asOrdinaryUser } from '../harness/ordinary-user.ts';
import { startS3, type TestS3 } from '../harness/s3-server.ts';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('../fixtures/objects/download-into.ts', import.meta.url));
const mebi = 1024 * 1024;

describe('downloads where there is no room, or no right to write', () => {
  let s3: TestS3;
  let directory: string;
  let openings: Record<'embedded' | 's3', StoreOpening>;
  beforeAll(async () => {
    s3 = await startS3({ verify: false });
    for (const bucket of ['large', 'small', 'fits']) await s3.store.createBucket(bucket);
    await s3.store.put('large', 'large.bin', Buffer.alloc(20 * mebi, 'x'));
    for (let index = 0; index < 100; index++)
      await s3.store.put('small', `small-${index}`, Buffer.alloc(100_000, 'x'));
    await s3.store.put('fits', 'one', Buffer.alloc(mebi, 'x'));
    directory = mkdtempSync(join(tmpdir(), 'full-'));
    const options = { endpoint: s3.url, credentials: s3.credentials };
    openings = { embedded: { kind: 'directory', root: s3.store.root }, s3: { kind: 's3', options } };
  });
  afterAll(async () => {
    await s3.close();
    rmSync(directory, { recursive: true });
  });

  /** Runs the fixture where `directory` is a file system of 4 MiB. */
  async function downloadIntoSmall(store: keyof typeof openings, bucket: string) {
    const small = ['--size', String(4 * mebi), '--tmpfs', directory];
    const own = ['--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', ...small];
    const program = [process.execPath, fixture, JSON.stringify(openings[store]), bucket, directory];
    const { stdout } = await run('bwrap', [...own, '--', ...program], { timeout: 120_000 });
    return JSON.parse(stdout) as { code?: string; message?: string; files: string[] };
  }

  describe.each(['embedded', 's3'] as const)('from the store %s', (store) => {
    it.each(['large', 'small'])('end as DiskFull that names the object: %s', async (bucket) => {
      const { code, message, files } = await downloadIntoSmall(store, bucket);
      expect(code).toBe('DiskFull');
      expect(message).toMatch(new RegExp(`s3://${bucket}/${bucket}[-.]\\w+ `));
      // Whole objects may be there, but nothing half-written and no part.
      expect(files.filter((name) => !/^small-\d+$/.test(name))).toEqual([]);
    });

    it('succeed where there is just enough', async () => {
      expect(await downloadIntoSmall(store, 'fits')).toEqual({ files: ['one'] });
    });
  });

  it('end as AccessDenied that names the object where the directory is closed', async () => {
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o555 });
    const items = [{ key: 'one', path: join(closed, 'one'), size: mebi }];
    const { createS3Store } = await import('../../src/objects/s3/create-s3-store.ts');
    const store = createS3Store({ endpoint: s3.url, credentials: s3.credentials });
    try {
      await expect(asOrdinaryUser(() => store.download('fits', items))).rejects.toMatchObject({
        code: 'AccessDenied',
        message: expect.stringContaining('s3://fits/one'),
      });
    } finally {
      await store.close();
    }
    expect(readdirSync(closed)).toEqual([]);
  });
});
