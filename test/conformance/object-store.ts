import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore, ObjectSummary } from '../../src/objects/store.ts';

/** A store to hold against the interface. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  close(): Promise<void>;
}

/** Keys that are awkward as paths, in S3's order. */
export const awkwardKeys: readonly string[] = [
  '/leading',
  '//double',
  '../outside',
  './here',
  'a',
  'a!',
  'a-b',
  'a/',
  'a//c',
  'a/../../etc/passwd',
  'a/b',
  'a/b/c',
  'a0',
  'deep/er/and/deeper.txt',
  `long/${'x'.repeat(300)}`,
  `long/${'x'.repeat(300)}y/z`,
  'new\nline',
  'percent%2Fsign',
  'plus+and space',
  'quote"\'<&>',
  'zürich/straße',
  '\u{ffee}',
  '\u{1f600}',
].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/**
 * What every object store does, whatever holds its objects.
 *
 * @param keys without those that the store of someone else cannot hold
 */
export function describeObjectStore(
  name: string,
  open: () => Promise<StoreUnderTest>,
  keys: readonly string[] = awkwardKeys,
): void {
  describe(`the object store: ${name}`, () => {
    let tested: StoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      tested = await open();
      store = tested.store;
      await store.createBucket('bucket');
      await store.createBucket('awkward');
    });
    afterAll(() => tested?.close());

    it('removes a bucket that is empty', async () => {
      await store.createBucket('to-remove');
      await store.put('to-remove', 'key', 'value');
      await expect(store.deleteBucket('to-remove')).rejects.toMatchObject({ code: 'BucketNotEmpty' });
      await store.delete('to-remove', 'key');
      await store.deleteBucket('to-remove');
      expect(await store.bucketExists('to-remove')).toBe(false);
      await expect(store.deleteBucket('to-remove')).rejects.toMatchObject({ code: 'NoSuchBucket' });
    });

    it('shows what was staged once it is published, which may be done again', async () => {
      const bodies = ['', 'small', Buffer.alloc(17 * 1024 * 1024, 'x')];
      const staged = await Promise.all(
        bodies.map((body, index) =>
          store.stage('bucket', `staged/${index}`, body, { owner: 'job.1', size: body.length }),
        ),
      );
      expect(await keysOf('staged/')).toEqual([]);
      for (const each of [...staged, ...staged]) await store.publishStaged(JSON.parse(JSON.stringify(each)));
      expect(await keysOf('staged/')).toEqual(['staged/0', 'staged/1', 'staged/2']);
      for (const [index, body] of bodies.entries())
        expect((await store.head('bucket', `staged/${index}`)).size).toBe(body.length);
      // One that came in parts has no MD5.
      expect((await store.head('bucket', 'staged/2')).etag).toMatch(/^"[0-9a-f]{32}-\d"$/);
    });

    it('shows nothing of what was staged and discarded, which cannot be published', async () => {
      const staged = await store.stage('bucket', 'discarded', 'x', { owner: 'job.2' });
      await store.discardStaged('job.2', [staged]);
      await store.discardStaged('job.2', [staged]);
      await expect(store.publishStaged(staged)).rejects.toThrow('discarded');
      expect(await keysOf('discarded')).toEqual([]);
    });

    async function keysOf(prefix: string): Promise<string[]> {
      const keys: string[] = [];
      for await (const { key } of store.list('bucket', { prefix })) keys.push(key);
      return keys;
    }

    it('gives back what was put, with its type and metadata', async () => {
      const written = await store.put('bucket', 'put/one', 'hello', {
        contentType: 'text/x-own',
        metadata: { colour: 'blue', name: 'groß 日本' },
      });
      expect(written.etag).toBe('"5d41402abc4b2a76b9719d911017c592"');
      const content = await store.get('bucket', 'put/one');
      expect(content).toMatchObject({
        size: 5,
        contentType: 'text/x-own',
        metadata: { colour: 'blue', name: 'groß 日本' },
      });
      expect(await text(content.body)).toBe('hello');
      expect(await store.head('bucket', 'put/one')).toMatchObject({ size: 5, etag: written.etag });
    });

    it('takes a body as a stream, as bytes and as nothing', async () => {
      await store.put('bucket', 'stream', pieces('ab', '', 'cd'));
      await store.put('bucket', 'bytes', Buffer.from('efg'));
      await store.put('bucket', 'empty', '');
      expect(await read(store, 'stream')).toBe('abcd');
      expect(await read(store, 'bytes')).toBe('efg');
      expect(await read(store, 'empty')).toBe('');
    });

    it.each([
      [{ start: 0, end: 0 }, '0'],
      [{ start: 3 }, '3456789'],
      [{ start: 2, end: 4 }, '234'],
      [{ start: 8, end: 100 }, '89'],
    ])('reads the range %j', async (range, expected) => {
      await store.put('bucket', 'digits', '0123456789');
      const { body, size } = await store.get('bucket', 'digits', { range });
      expect(await text(body)).toBe(expected);
      expect(size).toBe(10);
    });

    it('refuses a range beyond the end', async () => {
      await store.put('bucket', 'digits', '0123456789');
      await expect(store.get('bucket', 'digits', { range: { start: 10 } })).rejects.toMatchObject({
        code: 'InvalidRange',
      });
    });

    it('refuses an object that is no longer the one that was pinned', async () => {
      const { etag } = await store.put('bucket', 'pinned', 'one');
      await store.put('bucket', 'pinned', 'two');
      await expect(store.get('bucket', 'pinned', { ifMatch: etag })).rejects.toMatchObject({
        code: 'PreconditionFailed',
      });
    });

    it('keeps an object where only a new one is allowed', async () => {
      await store.put('bucket', 'fresh', 'one', { ifNoneMatch: '*' });
      await expect(store.put('bucket', 'fresh', 'two', { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'PreconditionFailed',
      });
      expect(await read(store, 'fresh')).toBe('one');
    });

    it('keeps the old object when a body breaks off', async () => {
      await store.put('bucket', 'broken', 'old');
      await expect(store.put('bucket', 'broken', breaking())).rejects.toThrow('broke off');
      expect(await read(store, 'broken')).toBe('old');
    });

    it('says which key or bucket is missing', async () => {
      await expect(store.head('bucket', 'none')).rejects.toMatchObject({ code: 'NoSuchKey' });
      await expect(store.get('bucket', 'none')).rejects.toMatchObject({ code: 'NoSuchKey' });
      await expect(store.get('no-such-bucket', 'none')).rejects.toMatchObject({ code: 'NoSuchBucket' });
      await expect(store.put('no-such-bucket', 'none', '')).rejects.toMatchObject({ code: 'NoSuchBucket' });
      await expect(collect(store.list('no-such-bucket'))).rejects.toMatchObject({ code: 'NoSuchBucket' });
      expect(await store.bucketExists('bucket')).toBe(true);
      expect(await store.bucketExists('no-such-bucket')).toBe(false);
    });

    it('removes an object, and one that is not there', async () => {
      await store.put('bucket', 'gone/away', 'x');
      await store.delete('bucket', 'gone/away');
      await store.delete('bucket', 'gone/away');
      await expect(store.head('bucket', 'gone/away')).rejects.toMatchObject({ code: 'NoSuchKey' });
    });

    it('keeps awkward keys apart, gives each back, and lists them in the order of their bytes', async () => {
      for (const key of keys) await store.put('awkward', key, key);
      for (const key of keys) expect(await text((await store.get('awkward', key)).body)).toBe(key);
      expect((await collect(store.list('awkward'))).map(({ key }) => key)).toEqual(keys);
    });

    it('lists from any place on, with any prefix', async () => {
      for (const prefix of ['', 'a', 'a/', 'a/b', 'long/', `long/${'x'.repeat(150)}`, 'z', 'nothing', '.']) {
        for (const startAfter of ['', 'a', 'a/', 'a/b', 'a/b/', `long/${'x'.repeat(300)}`, '\u{ffee}', '~']) {
          const listed = (await collect(store.list('awkward', { prefix, startAfter }))).map(({ key }) => key);
          const expected = keys.filter((key) => key.startsWith(prefix) && after(key, startAfter));
          expect({ prefix, startAfter, keys: listed }).toEqual({ prefix, startAfter, keys: expected });
        }
      }
    });

    it('removes awkward keys', async () => {
      for (const key of keys) await store.delete('awkward', key);
      expect(await collect(store.list('awkward'))).toEqual([]);
    });

    it('lists ETags where they are asked for', async () => {
      const { etag } = await store.put('bucket', 'listed', 'x');
      const [found] = await collect(store.list('bucket', { prefix: 'listed', withEtag: true }));
      expect(found).toMatchObject({ key: 'listed', size: 1, etag });
    });
  });
}

function after(key: string, startAfter: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0;
}

async function collect(list: AsyncIterable<ObjectSummary>): Promise<ObjectSummary[]> {
  return Array.fromAsync(list);
}

async function read(store: ObjectStore, key: string): Promise<string> {
  return text((await store.get('bucket', key)).body);
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of texts) yield Buffer.from(piece);
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('new');
  throw new Error('broke off');
}
