import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InputChannel, InputOptions } from '../../src/channels/index.ts';
import { prepareInput } from '../../src/channels/index.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { asOrdinaryUser } from '../harness/ordinary-user.ts';

let root: string;
let store: ObjectStore;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'file-mode-'));
  store = createDirectoryStore(join(root, 's3'));
  await store.createBucket('data');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('File mode', () => {
  it('shows a local directory where it is, read-only', async () => {
    const directory = makeFiles('in', { 'a.csv': '1', 'sub/b.csv': '22' });
    const input = await prepare({ uri: `file://${directory}` });
    expect(input.mounts).toEqual([{ source: directory, target: '/opt/ml/input/data/train', readOnly: true }]);
    expect(input).toMatchObject({ objects: 2, bytes: 3, notes: [] });
  });

  it('shows a prefix that is a directory of the embedded store where it is', async () => {
    await putAll({ 'train/a': '1', 'train/sub/b': '2' });
    const source = join(root, 's3/data/train');
    for (const uri of ['s3://data/train/', 's3://data/train']) {
      expect((await prepare({ uri })).mounts).toEqual([
        { source, target: '/opt/ml/input/data/train', readOnly: true },
      ]);
    }
  });

  it('takes a prefix as a raw string prefix', async () => {
    await putAll({ 'test/a': '1', 'test_small/a': '2', other: '3' });
    await prepare({ uri: 's3://data/test' }, { mounts: false });
    expect(filesIn(target())).toEqual({ a: '1', 'test_small/a': '2' });
    const { mounts } = await prepare({ uri: 's3://data/test' });
    expect(mounts.map((mount) => mount.target)).toEqual([
      '/opt/ml/input/data/train/a',
      '/opt/ml/input/data/train/test_small/a',
    ]);
  });

  it('names a single object after its key, a single file after itself', async () => {
    await putAll({ 'deep/one.csv': '1' });
    await prepare({ uri: 's3://data/deep/one.csv' }, { mounts: false });
    expect(filesIn(target())).toEqual({ 'one.csv': '1' });
    const directory = makeFiles('in', { 'two.csv': '2' });
    expect((await prepare({ uri: `file://${directory}/two.csv` })).mounts).toEqual([
      { source: `${directory}/two.csv`, target: '/opt/ml/input/data/train/two.csv', readOnly: true },
    ]);
  });

  it('copies where the executor cannot mount, so that the source stays as it is', async () => {
    const directory = makeFiles('in', { a: 'source' });
    await prepare({ uri: `file://${directory}` }, { mounts: false });
    writeFileSync(join(target(), 'a'), 'changed by the job');
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('source');
  });

  it('copies files that are too many to be shown one by one, and says so', async () => {
    const names = Array.from({ length: 129 }, (_, index) => `n-${index}`);
    await putAll(Object.fromEntries(['left-out', ...names].map((name) => [`p/${name}`, name])));
    const dataType = 'ManifestFile';
    for (const [count, mounted, notes] of [
      [128, 128, []],
      [129, 0, [expect.stringMatching(/^Channel 'train': .* copied .* 129 files/)]],
    ] as const) {
      await store.put('data', 'm', JSON.stringify([{ prefix: 's3://data/p/' }, ...names.slice(0, count)]));
      const input = await prepare({ uri: 's3://data/m', dataType });
      expect(input.mounts).toHaveLength(mounted);
      expect(input.objects).toBe(count);
      expect(input.notes).toEqual(notes);
    }
    expect(filesIn(target())).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });

  it.each(['File', 'Pipe', 'FastFile'] as const)(
    'refuses a file that may not be read, mode %s',
    async (inputMode) => {
      const directory = makeFiles('in', { a: 'open', 'sub/closed': 'x' });
      const closed = join(directory, 'sub/closed');
      chmodSync(closed, 0);
      chmodSync(root, 0o777);
      for (const path of [directory, closed]) {
        await expect(
          asOrdinaryUser(() => prepare({ uri: `file://${path}`, inputMode })),
        ).rejects.toMatchObject({
          code: 'AccessDenied',
          fault: 'user',
          message: expect.stringContaining(closed),
        });
      }
    },
  );

  it('copies what symbolic links lead to', async () => {
    const elsewhere = makeFiles('elsewhere', { 'x/b': 'beyond' });
    const directory = makeFiles('in', { a: '1' });
    symlinkSync(join(elsewhere, 'x'), join(directory, 'linked'));
    symlinkSync(directory, join(directory, 'circle'));
    await prepare({ uri: `file://${directory}` }, { mounts: false });
    expect(filesIn(target())).toEqual({ a: '1', 'linked/b': 'beyond' });
    const { mounts } = await prepare({ uri: `file://${directory}` });
    expect(mounts.map(({ source }) => source).sort()).toEqual([`${elsewhere}/x/b`, `${directory}/a`].sort());
  });

  it('lets a directory shadow an object of its name, and leaves out keys that are no files', async () => {
    await putAll({
      'p/a': 'shadowed',
      'p/a/b': '1',
      'p/folder/': '',
      'p/../x': '2',
      'p/./y': '3',
      'p/c//d': '4',
    });
    await prepare({ uri: 's3://data/p/' }, { mounts: false });
    expect(filesIn(target())).toEqual({ 'a/b': '1', 'c/d': '4' });
  });

  it('deals the objects out to the hosts with ShardedByS3Key', async () => {
    const keys = Array.from({ length: 10 }, (_, index) => `p/${index}`);
    await putAll(Object.fromEntries(keys.map((key) => [key, key])));
    const shares: string[] = [];
    for (let index = 0; index < 3; index++) {
      await prepare(
        { uri: 's3://data/p/', distribution: 'ShardedByS3Key' },
        { mounts: false, host: { index, count: 3 } },
      );
      shares.push(...Object.values(filesIn(target())));
      rmSync(target(), { recursive: true });
    }
    expect(shares.sort()).toEqual(keys);
  });

  it('reads the objects of a manifest', async () => {
    await putAll({ 'base/x/1': 'one', 'base/2': 'two', 'base/3': 'three' });
    await putAll({ 'm.manifest': JSON.stringify([{ prefix: 's3://data/base/' }, 'x/1', '2']) });
    await prepare({ uri: 's3://data/m.manifest', dataType: 'ManifestFile' }, { mounts: false });
    expect(filesIn(target())).toEqual({ 'x/1': 'one', '2': 'two' });
  });

  it.each([
    ['s3://data/none', 'ChannelEmpty', "Channel 'train': s3://data/none holds no data."],
    ['s3://nowhere/x', 'ChannelNotFound', "Channel 'train': s3://nowhere/x: There is no bucket 'nowhere'"],
    ['file:///no/such/place', 'ChannelNotFound', "Channel 'train': /no/such/place does not exist."],
  ])('says which channel names nothing: %s', async (uri, code, message) => {
    await expect(prepare({ uri })).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    ['{', 'is no JSON'],
    ['{"prefix":"s3://data/"}', 'expected an array'],
    ['["a"]', 'expected {"prefix": "s3://…"} as its first element, got "a"'],
    ['[{"prefix":"s3://data/"},7]', 'expected a string as element 1, got 7'],
    ['[{"prefix":"s3://data/"},"../x"]', "element 1, '../x', is no path of a file"],
  ])('refuses the manifest %s', async (text, message) => {
    await putAll({ 'm.manifest': text });
    await expect(prepare({ uri: 's3://data/m.manifest', dataType: 'ManifestFile' })).rejects.toMatchObject({
      code: 'ManifestInvalid',
      message: expect.stringContaining(message),
    });
  });

  it('names an object of a manifest that does not exist', async () => {
    await putAll({ 'm.manifest': JSON.stringify([{ prefix: 's3://data/' }, 'gone']) });
    const channel = { uri: 's3://data/m.manifest', dataType: 'ManifestFile' } as const;
    await expect(prepare(channel)).rejects.toMatchObject({
      code: 'NoSuchKey',
      message: expect.stringContaining('s3://data/gone'),
    });
  });
});

function prepare(channel: Partial<InputChannel>, options: Partial<InputOptions> = {}) {
  return prepareInput({
    channel: { name: 'train', uri: '', inputMode: 'File', ...channel },
    host: { index: 0, count: 1 },
    target: '/opt/ml/input/data/train',
    directory: target(),
    mounts: true,
    stores: { store: () => store },
    ...options,
  });
}

function target(): string {
  return join(root, 'ml/input/data/train');
}

function makeFiles(name: string, files: Record<string, string>): string {
  const directory = join(root, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

async function putAll(objects: Record<string, string>): Promise<void> {
  for (const [key, content] of Object.entries(objects)) await store.put('data', key, content);
}

function filesIn(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}
