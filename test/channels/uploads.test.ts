import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  startContinuousUpload,
  syncCheckpoints,
  uploadArchive,
  uploadDirectory,
} from '../../src/channels/index.ts';
import { gzipParallel } from '../../src/channels/output/gzip-parallel.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

let root: string;
let directory: string;
let store: ObjectStore;
const stores = { store: () => store };

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'uploads-'));
  directory = join(root, 'model');
  mkdirSync(directory);
  store = createDirectoryStore(join(root, 's3'));
  await store.createBucket('out');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('an archive of a directory', () => {
  it('holds its contents at the root, and any tar reads it', async () => {
    const big = Buffer.alloc(5_000_000, 'some weights ');
    makeFiles({ 'model.bin': big, 'code/inference.py': 'x', [`${'long/'.repeat(40)}name`]: 'deep' });
    linkSync(join(directory, 'model.bin'), join(directory, 'same.bin'));
    symlinkSync('../model.bin', join(directory, 'code/link'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    expect(await archive()).toMatchObject({ objects: 1 });
    const unpacked = join(root, 'unpacked');
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', join(root, 's3/out/job/output/model.tar.gz'), '-C', unpacked]);
    expect(readdirSync(unpacked).sort()).toEqual(['code', 'long', 'model.bin', 'same.bin']);
    for (const name of ['model.bin', 'same.bin', 'code/link']) {
      expect(readFileSync(join(unpacked, name)).equals(big)).toBe(true);
    }
    expect(readFileSync(join(unpacked, 'code/inference.py'), 'utf8')).toBe('x');
  });

  it('is not made of a directory that is empty or missing', async () => {
    expect(await archive()).toBeUndefined();
    rmSync(directory, { recursive: true });
    expect(await archive()).toBeUndefined();
    expect(await keys()).toEqual([]);
  });

  it.each([
    ['to another place', '../secret'],
    ['by an absolute path', '/etc/passwd'],
    ['to nothing', 'none'],
  ])('is refused where a link leads %s, and nothing is left', async (_, target) => {
    makeFiles({ a: '1' });
    symlinkSync(target, join(directory, 'bad'));
    await expect(archive()).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('bad'),
    });
    expect(await keys()).toEqual([]);
  });

  it('leaves nothing when a file cannot be read to its end', async () => {
    makeFiles({ a: 'x'.repeat(3_000_000) });
    const put = vi.spyOn(store, 'put').mockImplementation(async (_bucket, _key, body) => {
      for await (const _ of body as AsyncIterable<Uint8Array>) throw new Error('the store is gone');
      throw new Error('unreachable');
    });
    await expect(archive()).rejects.toThrow('the store is gone');
    put.mockRestore();
    expect(await keys()).toEqual([]);
  });

  it('can be a local file', async () => {
    makeFiles({ a: '1' });
    const path = join(root, 'local dir/model.tar.gz');
    await uploadArchive({ directory, uri: `file://${encodeURI(path)}`, stores });
    expect(execFileSync('tar', ['-tzf', path], { encoding: 'utf8' })).toBe('a\n');
    expect(readdirSync(dirname(path))).toEqual(['model.tar.gz']);
  });

  function archive() {
    return uploadArchive({ directory, uri: 's3://out/job/output/model.tar.gz', stores });
  }
});

describe('parallel gzip', () => {
  it.each([0, 1, 65_536, 1 << 20, (1 << 20) + 1, 7_654_321])(
    'is one valid member for %i bytes',
    async (size) => {
      const bytes = Buffer.alloc(size);
      for (let at = 0; at < size; at++) bytes[at] = (at * at) >> (at % 7);
      const pieces = await Array.fromAsync(gzipParallel(piecesOf(bytes)));
      const gzip = Buffer.concat(pieces);
      expect(gunzipSync(gzip).equals(bytes)).toBe(true);
      expect(execFileSync('gzip', ['-dc'], { input: gzip, maxBuffer: 1 << 25 }).equals(bytes)).toBe(true);
    },
  );

  async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 77_777) yield bytes.subarray(at, at + 77_777);
  }
});

describe('a directory under a prefix', () => {
  it('uploads each file but no symbolic link', async () => {
    makeFiles({ 'a.csv': '1', 'sub/b.csv': '22', empty: '' });
    symlinkSync('a.csv', join(directory, 'link'));
    symlinkSync('/etc', join(directory, 'etc'));
    expect(await uploadDirectory({ directory, uri: 's3://out/p', stores })).toEqual({ objects: 3, bytes: 3 });
    expect(await keys()).toEqual(['p/a.csv', 'p/empty', 'p/sub/b.csv']);
  });

  it('has no files where it does not exist', async () => {
    const summary = await uploadDirectory({ directory: join(root, 'none'), uri: 's3://out/p', stores });
    expect(summary).toEqual({ objects: 0, bytes: 0 });
  });

  it('is uploaded while the job runs, and what changed last at the end', async () => {
    const upload = startContinuousUpload({ directory, uri: 's3://out/live/', stores, intervalMs: 50 });
    makeFiles({ 'sub/early': 'first' });
    await until(async () => (await keys()).includes('live/sub/early'));
    appendFileSync(join(directory, 'sub/early'), ' second');
    makeFiles({ late: 'x' });
    await upload.close();
    await upload.close();
    expect(await keys()).toEqual(['live/late', 'live/sub/early']);
    expect(await text('live/sub/early')).toBe('first second');
  });

  it('says at the end that the last upload failed', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): unknown => errors.push(error);
    const uri = 's3://out/live/';
    const upload = startContinuousUpload({ directory, uri, stores, intervalMs: 20, onError });
    vi.spyOn(store, 'put').mockRejectedValue(new Error('the store is gone'));
    makeFiles({ a: '1' });
    await until(async () => errors.length > 0);
    await expect(upload.close()).rejects.toThrow('the store is gone');
  });
});

describe('checkpoints', () => {
  it('are restored before the start and uploaded while the job runs', async () => {
    await store.put('out', 'ck/epoch-1/weights', 'one');
    const options = { directory, uri: 's3://out/ck', stores, intervalMs: 30 };
    const sync = await syncCheckpoints(options);
    expect(sync.restored).toEqual({ objects: 1, bytes: 3 });
    expect(readFileSync(join(directory, 'epoch-1/weights'), 'utf8')).toBe('one');
    const put = vi.spyOn(store, 'put');
    makeFiles({ 'epoch-2/weights': 'two' });
    await until(async () => (await keys()).includes('ck/epoch-2/weights'));
    await sync.close();
    expect(put).toHaveBeenCalledTimes(1);
    expect(await keys()).toEqual(['ck/epoch-1/weights', 'ck/epoch-2/weights']);
  });

  it('may be none', async () => {
    const sync = await syncCheckpoints({ directory, uri: `file://${root}/none`, stores });
    makeFiles({ a: '1' });
    await sync.close();
    expect(sync.restored.objects).toBe(0);
    expect(readFileSync(join(root, 'none/a'), 'utf8')).toBe('1');
  });
});

function makeFiles(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

async function keys(): Promise<string[]> {
  return (await Array.fromAsync(store.list('out'))).map(({ key }) => key);
}

async function text(key: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync((await store.get('out', key)).body)).toString();
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(10)) if (await check()) return;
  throw new Error('It did not happen within 10 s.');
}
