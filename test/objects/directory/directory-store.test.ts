import { createHash, hash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import type { DirectoryStore } from '../../../src/objects/directory/directory-store.ts';
import { describeObjectStore } from '../../conformance/object-store.ts';

describeObjectStore('plain files', async () => {
  const home = mkdtempSync(join(tmpdir(), 'store-'));
  return {
    store: createDirectoryStore(join(home, 's3')),
    close: async () => rmSync(home, { recursive: true }),
  };
});

describe('the directory store', () => {
  let home: string;
  let root: string;
  let store: DirectoryStore;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'store-'));
    root = join(home, 's3');
    store = createDirectoryStore(root);
    await store.createBucket('bucket');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('keeps an object as a plain file under its key', async () => {
    await store.put('bucket', 'data/train.csv', 'a,b\n');
    expect(readFileSync(join(root, 'bucket', 'data', 'train.csv'), 'utf8')).toBe('a,b\n');
    expect(await store.local.file('bucket', 'data/train.csv')).toBe(
      join(store.root, 'bucket', 'data', 'train.csv'),
    );
  });

  it('sees a file that was put there by hand, and its change', async () => {
    mkdirSync(join(root, 'bucket', 'by'));
    writeFileSync(join(root, 'bucket', 'by', 'hand'), 'one');
    const before = await store.head('bucket', 'by/hand');
    expect(before).toMatchObject({ size: 3, metadata: {} });
    expect(before.etag).toBe('"f97c5d29941bfb1b2fdab0874906ab82"');
    writeFileSync(join(root, 'bucket', 'by', 'hand'), 'four');
    expect((await store.head('bucket', 'by/hand')).etag).toBe('"8cbad96aced40b3838dd9f07f6ef5772"');
    writeFileSync(join(root, 'bucket', 'by', 'hand'), Buffer.alloc(16 * 1024 + 1));
    expect((await store.head('bucket', 'by/hand')).etag).toMatch(/^"[0-9a-f]{32}-1"$/);
  });

  it.each([
    { size: 0, records: 0, what: 'nothing' },
    { size: 16 * 1024, records: 0, what: 'a few bytes' },
    { size: 16 * 1024 + 1, records: 1, what: 'more bytes' },
    { size: 1, records: 1, metadata: { a: 'b' }, what: 'metadata' },
    { size: 1, records: 1, contentType: 'text/plain', what: 'a content type' },
  ])(
    'knows an object of $what by $records records, and by its MD5',
    async ({ size, records, ...options }) => {
      const bytes = Buffer.alloc(size, 'x');
      const etag = `"${hash('md5', bytes)}"`;
      await store.put('bucket', 'k', 'replaced', { metadata: { gone: 'yes' } });
      const { what: _, ...given } = options;
      expect((await store.put('bucket', 'k', bytes, given)).etag).toBe(etag);
      expect(filesIn(join(root, '.sluice', 'records'))).toHaveLength(records);
      const other = createDirectoryStore(root);
      expect(await other.head('bucket', 'k')).toMatchObject({ size, etag, metadata: given.metadata ?? {} });
      const listed = await Array.fromAsync(createDirectoryStore(root).list('bucket', { withEtag: true }));
      expect(listed).toMatchObject([{ key: 'k', size, etag }]);
      await store.delete('bucket', 'k', { ifMatch: etag });
      expect(filesIn(join(root, '.sluice', 'records'))).toEqual([]);
    },
  );

  it('forgets what it knew of an object that was overwritten by hand', async () => {
    await store.put('bucket', 'k', 'one', { metadata: { a: 'b' } });
    writeFileSync(join(root, 'bucket', 'k'), 'other');
    expect(await store.head('bucket', 'k')).toMatchObject({ size: 5, metadata: {} });
  });

  it('lists what it has written, what another process has, and what a hand has changed, as they are now', async () => {
    const other = createDirectoryStore(root);
    const listed = async () =>
      Object.fromEntries(
        (await Array.fromAsync(store.list('bucket', { withEtag: true }))).map(({ key, etag, size }) => [
          key,
          { etag, size },
        ]),
      );
    const asHeads = async () => {
      const found = await listed();
      for (const [key, { etag, size }] of Object.entries(found))
        expect(await other.head('bucket', key)).toMatchObject({ etag, size });
      return Object.keys(found);
    };
    await store.put('bucket', 'a', 'mine');
    await other.put('bucket', 'b', 'theirs');
    writeFileSync(join(root, 'bucket', 'c'), 'by hand');
    expect(await asHeads()).toEqual(['a', 'b', 'c']);
    await other.put('bucket', 'a', 'same');
    writeFileSync(join(root, 'bucket', 'b'), 'by hand');
    writeFileSync(join(root, 'bucket', 'c'), 'in place');
    await other.put('bucket', 'd/e', '');
    expect(await asHeads()).toEqual(['a', 'b', 'c', 'd/e']);
    await other.delete('bucket', 'a');
    rmSync(join(root, 'bucket', 'b'));
    expect(await asHeads()).toEqual(['c', 'd/e']);
  });

  it.each([10, 200_000])(
    'puts no object of %i bytes into a bucket that was deleted meanwhile',
    async (size) => {
      async function* body() {
        yield Buffer.alloc(size / 2, 'x');
        await store.deleteBucket('bucket');
        yield Buffer.alloc(size / 2, 'x');
      }
      await expect(store.put('bucket', 'k', body())).rejects.toMatchObject({ code: 'NoSuchBucket' });
      expect(await store.listBuckets()).toEqual([]);
      expect(readdirSync(join(root, '.sluice', 'temporary'))).toEqual([]);
    },
  );

  it.each([0, 1, 65_536, 65_537, 5_000_000])(
    'keeps a body of %i bytes as it came, in pieces or at once',
    async (size) => {
      const bytes = Buffer.from(Array.from({ length: Math.min(size, 256) }, (_, index) => index));
      const whole = Buffer.alloc(size, bytes.length === 0 ? 0 : bytes);
      async function* pieces() {
        for (let start = 0; start < size; start += 7001) yield whole.subarray(start, start + 7001);
      }
      const md5 = `"${createHash('md5').update(whole).digest('hex')}"`;
      for (const body of [whole, pieces()]) {
        expect((await store.put('bucket', 'k', body, { size })).etag).toBe(md5);
        expect(readFileSync(join(root, 'bucket', 'k')).equals(whole)).toBe(true);
      }
    },
  );

  it('follows no symbolic link, neither to read nor to write nor to list nor to delete', async () => {
    writeFileSync(join(home, 'secret'), 'secret');
    symlinkSync(join(home, 'secret'), join(root, 'bucket', 'link'));
    symlinkSync(home, join(root, 'bucket', 'dir'));
    symlinkSync(home, join(root, 'linked-bucket'));
    await expect(store.get('bucket', 'link')).rejects.toMatchObject({ code: 'NoSuchKey' });
    await expect(store.get('bucket', 'dir/secret')).rejects.toMatchObject({ code: 'NoSuchKey' });
    await store.delete('bucket', 'dir/secret');
    await store.put('bucket', 'dir/secret', 'mine');
    await store.put('bucket', 'dir/new/file', 'mine');
    expect(readFileSync(join(home, 'secret'), 'utf8')).toBe('secret');
    expect(readdirSync(home).sort()).toEqual(['s3', 'secret']);
    expect((await Array.fromAsync(store.list('bucket'))).map(({ key }) => key)).toEqual([
      'dir/new/file',
      'dir/secret',
    ]);
    expect(await store.bucketExists('linked-bucket')).toBe(false);
    expect((await store.listBuckets()).map(({ name }) => name)).toEqual(['bucket']);
  });

  it('leaves no empty directory and no record behind a deleted object', async () => {
    await store.put('bucket', 'a/b/c', 'x', { contentType: 'text/plain' });
    await store.delete('bucket', 'a/b/c');
    expect(readdirSync(join(root, 'bucket'))).toEqual([]);
    await store.deleteBucket('bucket');
    expect(readdirSync(root)).toEqual(['.sluice']);
  });

  it('does not remove a bucket that holds objects', async () => {
    await store.put('bucket', '../odd', 'x');
    await expect(store.deleteBucket('bucket')).rejects.toMatchObject({ code: 'BucketNotEmpty' });
    expect(await store.bucketExists('bucket')).toBe(true);
  });

  it('names the directory that holds exactly a prefix, and none where keys lie elsewhere', async () => {
    await store.put('bucket', 'data/x', '1');
    expect(await store.local.directory('bucket', 'data/')).toBe(join(store.root, 'bucket', 'data/'));
    expect(await store.local.directory('bucket', 'dat')).toBeUndefined();
    await store.put('bucket', 'data/x/y', '2');
    expect(await store.local.directory('bucket', 'data/')).toBeUndefined();
  });

  it('keeps every write whole while many write one key', async () => {
    const bodies = Array.from({ length: 30 }, (_, index) => String(index).repeat(20_000 + index));
    await Promise.all(
      bodies.map((body, index) => store.put('bucket', 'k', body, { metadata: { index: String(index) } })),
    );
    const { body, metadata, size } = await store.get('bucket', 'k');
    const text = Buffer.concat(await Array.fromAsync(body)).toString();
    expect(text).toBe(bodies[Number(metadata['index'])]);
    expect(size).toBe(text.length);
  });

  it.each(['..', '.hidden', 'a/b', '', 'x\0y'])('refuses the bucket name %j', async (name) => {
    await expect(store.createBucket(name)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('refuses a key of more than 1024 bytes', async () => {
    await expect(store.put('bucket', 'é'.repeat(513), '')).rejects.toMatchObject({ code: 'KeyTooLong' });
  });
});

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
