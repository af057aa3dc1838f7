import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bundlePrefix } from '../../src/bundles/bundle-places.ts';
import { Bundles, bundleScript } from '../../src/bundles/index.ts';
import { digestOf, manifestOf, pathProblem } from '../../src/bundles/manifest.ts';
import { packBundle } from '../../src/bundles/pack-bundle.ts';
import { readBundle } from '../../src/bundles/read-bundle.ts';
import { readCode } from '../../src/bundles/read-code.ts';
import { tarHeaders } from '../../src/channels/index.ts';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../src/core/account.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

const bucket = defaultBucket(DEFAULT_ACCOUNT);

function directory(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'bundles-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Bundles in a store that counts what is put. */
function open(): { bundles: Bundles; store: ObjectStore; puts: string[]; reopen: () => Bundles } {
  const store = createDirectoryStore(directory());
  const puts: string[] = [];
  const put = store.put.bind(store);
  store.put = (...given) => {
    puts.push(given[1]);
    return put(...given);
  };
  const reopen = (): Bundles => new Bundles({ stores: { store: () => store }, account: DEFAULT_ACCOUNT });
  return { bundles: reopen(), store, puts, reopen };
}

const script = (root: string) => ({ entry: 'train.py', directory: root, whole: true });
const keyOf = (digest: string) => `${bundlePrefix(digest)}sourcedir.tar.gz`;

describe('a bundle', () => {
  test('has the digest of its manifest, as docs/graph.md writes it', async () => {
    const files = await readCode([
      { path: 'train.py', source: Buffer.from('print(1)\n'), mode: 0o664 },
      { path: 'lib/run.sh', source: Buffer.from('#!/bin/sh\n'), mode: 0o700 },
      { path: 'lib-a.py', source: Buffer.from(''), mode: 0o600 },
    ]);
    expect(manifestOf(files)).toBe(
      [
        '644 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 lib-a.py',
        '755 a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf lib/run.sh',
        '644 cc42155088fca5730758db72b2a5bca33112a941dfaa2d43098ec422ce4ea213 train.py',
        '',
      ].join('\n'),
    );
    const sum = createHash('sha256').update(manifestOf(files)).digest('hex');
    expect(digestOf(files)).toBe(`sha256:${sum}`);
  });

  test('is the same wherever its code lies, also behind a link, and another where a byte or a mode differs', async () => {
    const { bundles } = open();
    const root = directory({ 'train.py': 'print(1)', 'lib/a.py': 'A = 1' });
    const copy = join(directory(), 'copy');
    cpSync(root, copy, { recursive: true });
    const link = join(directory(), 'link');
    symlinkSync(copy, link);
    const digests = [];
    for (const place of [root, copy, link]) digests.push((await bundleScript(bundles, script(place))).digest);
    expect(new Set(digests).size).toBe(1);
    writeFileSync(join(copy, 'lib/a.py'), 'A = 2');
    expect((await bundleScript(bundles, script(copy))).digest).not.toBe(digests[0]);
    execFileSync('chmod', ['755', join(root, 'train.py')]);
    expect((await bundleScript(bundles, script(root))).digest).not.toBe(digests[0]);
  });

  test('is an archive that tar unpacks, without times and owners', async () => {
    const root = directory({ 'train.py': 'print(1)', [`${'d'.repeat(90)}/${'n'.repeat(120)}.py`]: 'x' });
    const { bundles, store } = open();
    const { digest } = await bundleScript(bundles, script(root));
    const file = (await store.local?.file(bucket, keyOf(digest))) as string;
    const listed = execFileSync('tar', ['--utc', '--full-time', '-tvzf', file], { encoding: 'utf8' });
    expect(listed.split('\n').filter(Boolean)).toHaveLength(2);
    for (const line of listed.split('\n').filter(Boolean))
      expect(line).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00:00 /);
  });

  test('is uploaded once, whoever asks again', async () => {
    const root = directory({ 'train.py': 'print(1)' });
    const { bundles, puts, reopen } = open();
    const [{ digest }] = [await bundleScript(bundles, script(root))];
    await bundleScript(bundles, script(root));
    await bundleScript(reopen(), script(root));
    expect(puts).toEqual([keyOf(digest), `${bundlePrefix(digest)}last-used`]);
  });

  test('is whole when two upload it at once', async () => {
    const root = directory({ 'train.py': 'print(1)' });
    const { reopen } = open();
    const both = await Promise.all([
      bundleScript(reopen(), script(root)),
      bundleScript(reopen(), script(root)),
    ]);
    expect(both[0].digest).toBe(both[1].digest);
    expect((await reopen().find(both[0])).files.map(({ path }) => path)).toEqual(['train.py']);
  });

  test('that was damaged is told of, and made good by who has the code', async () => {
    const root = directory({ 'train.py': 'print(1)' });
    const { bundles, store, reopen } = open();
    const bundle = await bundleScript(bundles, script(root));
    const other = await archive({ 'train.py': 'print(2)' });
    await store.put(bucket, keyOf(bundle.digest), other.bytes);
    await expect(bundles.find(bundle)).rejects.toMatchObject({
      code: 'BundleInvalid',
      message: expect.stringContaining(`The bundle ${bundle.digest} is not what it should be`) as string,
      hint: expect.stringContaining('sluice compile') as string,
    });
    await bundleScript(reopen(), script(root));
    expect(await reopen().find(bundle)).toMatchObject({ digest: bundle.digest });
  });

  test('that is gone is told of, with where it was and what to do', async () => {
    const { bundles, store } = open();
    const bundle = await bundleScript(bundles, script(directory({ 'train.py': 'print(1)' })));
    await store.delete(bucket, keyOf(bundle.digest));
    await expect(bundles.find(bundle)).rejects.toMatchObject({
      code: 'BundleNotFound',
      message: `The bundle ${bundle.digest} is not at s3://${bucket}/${keyOf(bundle.digest)}.`,
    });
  });

  test('is fetched from where the graph says, and kept', async () => {
    const { bundles, store } = open();
    const { digest, bytes } = await archive({ 'train.py': 'print(1)' });
    await store.createBucket('elsewhere');
    await store.put('elsewhere', 'code.tar.gz', bytes);
    const uri = 's3://elsewhere/code.tar.gz';
    expect((await bundles.find({ digest, uri })).uri).toBe(`s3://${bucket}/${keyOf(digest)}`);
    await store.delete('elsewhere', 'code.tar.gz');
    expect((await bundles.find({ digest, uri })).files).toHaveLength(1);
  });

  test('from elsewhere is kept only where it holds what its digest says', async () => {
    const { bundles, store } = open();
    const { digest, bytes } = await archive({ 'train.py': 'print(1)' });
    const wrong = digest.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await expect(bundles.take(wrong, once(bytes))).rejects.toMatchObject({ code: 'BundleInvalid' });
    await expect(store.head(bucket, keyOf(wrong))).rejects.toMatchObject({ code: 'NoSuchKey' });
    expect((await bundles.take(digest, once(bytes))).files[0]?.path).toBe('train.py');
  });

  test('holds no script of another name', async () => {
    const { bundles } = open();
    const { digest } = await bundleScript(bundles, script(directory({ 'train.py': '' })));
    await expect(bundleScript(bundles, { entry: 'other.py', bundle: { digest } })).rejects.toMatchObject({
      code: 'ScriptNotFound',
    });
  });
});

describe('an archive that somebody made', () => {
  test.each([
    ['a link', { name: 'a', type: '2', linkName: '/etc/passwd' }, "'a' is a symlink"],
    ['a hard link', { name: 'a', type: '1', linkName: 'b' }, "'a' is a hardlink"],
    ['a device', { name: 'a', type: '3' }, "'a' is a special"],
    ['an absolute name', { name: '/etc/a', type: '0' }, 'it is absolute'],
    ['a name that leads out', { name: 'a/../../b', type: '0' }, "a part that is empty, '.' or '..'"],
    ['a control character', { name: 'a\nb', type: '0' }, 'a control character'],
  ])('is refused with %s', async (_title, entry, problem) => {
    const read = readBundle(`sha256:${'0'.repeat(64)}`, once(archiveOf([entry])));
    await expect(read).rejects.toMatchObject({
      code: 'BundleInvalid',
      message: expect.stringContaining(problem) as string,
    });
  });

  test('is refused with a name twice, too many files, too many bytes, cut short, or as no archive', async () => {
    const { digest, bytes } = await archive({ a: 'x'.repeat(1000), b: 'y' });
    const twice = archiveOf([
      { name: 'a', type: '0' },
      { name: 'a', type: '0' },
    ]);
    const bad: [Uint8Array, { maxFiles: number; maxBytes: number } | undefined, string][] = [
      [twice, undefined, "holds 'a' twice"],
      [bytes, { maxFiles: 1, maxBytes: 9999 }, 'more than 1 files'],
      [bytes, { maxFiles: 9, maxBytes: 1000 }, 'more than 1000 bytes'],
      [bytes.subarray(0, bytes.length - 12), undefined, 'unexpected end of file'],
      [Buffer.from('no archive'), undefined, 'incorrect header check'],
    ];
    for (const [archive, limits, problem] of bad) {
      await expect(readBundle(digest, once(archive), limits ? { limits } : {})).rejects.toMatchObject({
        code: 'BundleInvalid',
        message: expect.stringContaining(problem) as string,
      });
    }
    expect(await readBundle(digest, once(bytes))).toHaveLength(2);
  });

  test.each([
    ['', 'empty'],
    ['a//b', 'empty'],
    ['./a', "'.'"],
    ['a/..', "'..'"],
    ['/a', 'absolute'],
    ['a\u0000', 'control'],
    ['\ud800', 'UTF-8'],
    ['a/'.repeat(200).concat('b'), 'too long'],
  ])('may not have the path %j', (path, problem) => {
    expect(pathProblem(path)).toContain(problem);
  });
});

async function archive(files: Readonly<Record<string, string>>): Promise<{ digest: string; bytes: Buffer }> {
  const code = await readCode(
    Object.entries(files).map(([path, text]) => ({ path, source: Buffer.from(text), mode: 0o644 })),
  );
  return { digest: digestOf(code), bytes: Buffer.concat(await Array.fromAsync(packBundle(code))) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface MadeEntry {
  readonly name: string;
  readonly type: string;
  readonly linkName?: string;
}

/** Empty entries, whatever they say. */
function archiveOf(entries: readonly MadeEntry[]): Buffer {
  const headers = entries.flatMap((entry) => [...tarHeaders({ mode: 0o644, size: 0, mtime: 0, ...entry })]);
  return gzipSync(Buffer.concat([...headers, Buffer.alloc(1024)]));
}

test('bundles lie in the bucket that is named, else in the default one', () => {
  const options = { stores: createStoresNever(), account: DEFAULT_ACCOUNT };
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(new Bundles({ ...options, bucket: 'team' }).uriOf(digest)).toMatch(/^s3:\/\/team\//);
  expect(new Bundles(options).uriOf(digest)).toMatch(new RegExp(`^s3://${bucket}/`));
});

function createStoresNever() {
  return {
    store(): never {
      throw new Error('Nothing is read.');
    },
  };
}
