import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
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
    expect(await archive()).toEqual([]);
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
    ['../secret', "'bad' was left out: it leads out of its directory, to '../secret'."],
    ['/etc/passwd', "'bad' was left out: it leads out of its directory, to '/etc/passwd'."],
    ['sub/../../secret', "'bad' was left out: it leads out of its directory, to 'sub/../../secret'."],
    ['out/secret', "'bad' was left out: it leads out of its directory, to 'out/secret'."],
    ['none', "'bad' was left out: it leads to nothing, by 'none'."],
    ['bad', "'bad' was left out: it leads to nothing, by 'bad'."],
  ])('leaves out a link to %s, and says so', async (target, message) => {
    makeFiles({ a: '1', 'sub/b': '2', '../secret': 'S' });
    symlinkSync('..', join(directory, 'out'));
    symlinkSync(target, join(directory, 'bad'));
    const told = await archive();
    expect(told).toContain(message);
    expect(listed()).toEqual(['a', 'sub/', 'sub/b']);
  });

  it.each([
    ['epoch/w', 'epoch/w'],
    ['/opt/ml/model/epoch/w', 'epoch/w'],
    ['/opt/ml/model', '.'],
    ['../model/epoch', 'epoch'],
    ['epoch/../epoch/self/w', 'epoch/w'],
    ['/opt/ml/code/../model/./epoch/', 'epoch'],
  ])('keeps a link to %s as one to %s', async (target, kept) => {
    makeFiles({ 'epoch/w': 'W' });
    symlinkSync('.', join(directory, 'epoch/self'));
    symlinkSync(target, join(directory, 'latest'));
    expect(await archive()).toEqual([]);
    expect(verbose()).toContain(`latest -> ${kept}`);
  });

  it('keeps a link by the path on this machine, as a job has it that is a plain process', async () => {
    makeFiles({ 'epoch/w': 'W' });
    symlinkSync(join(directory, 'epoch'), join(directory, 'latest'));
    expect(await archive()).toEqual([]);
    expect(verbose()).toContain('latest -> epoch');
  });

  it('keeps names that are no UTF-8, long ones, and files with holes', async () => {
    const name = Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.of(0xe9)]);
    writeFileSync(name, 'coffee');
    makeFiles({ ['n'.repeat(250)]: 'long', [`${'d'.repeat(150)}/${'e'.repeat(150)}`]: 'deep' });
    const holes = openSync(join(directory, 'holes'), 'w');
    for (let part = 0; part < 40; part++) writeSync(holes, `part ${part}`, part * 2 ** 20);
    ftruncateSync(holes, 2 ** 30);
    closeSync(holes);
    await archive();
    const unpacked = join(root, 'unpacked');
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', packed(), '-C', unpacked]);
    execFileSync('diff', ['-r', directory, unpacked]);
    expect(statSync(join(unpacked, 'holes')).blocks).toBeLessThan(2 ** 11);
    expect(statSync(packed()).size).toBeLessThan(100_000);
  });

  it('is not made of a link in the place of the directory, nor of one above it', async () => {
    const secret = join(root, 'secret/data');
    mkdirSync(secret, { recursive: true });
    writeFileSync(join(secret, 'id_rsa'), 'S');
    rmSync(directory, { recursive: true });
    symlinkSync(secret, directory);
    symlinkSync(join(root, 'secret'), join(root, 'output'));
    for (const path of [directory, join(root, 'output/data')]) {
      const options = { directory: path, root, uri: 's3://out/x.tar.gz', stores };
      for (const upload of [uploadArchive, uploadDirectory])
        await expect(upload(options)).rejects.toMatchObject({
          code: 'InvalidArgument',
          message: expect.stringContaining('symbolic link'),
        });
      const continuous = startContinuousUpload({ ...options, intervalMs: 10 });
      await expect(continuous.close()).rejects.toThrow('symbolic link');
      await expect(syncCheckpoints(options)).rejects.toThrow('symbolic link');
    }
    expect(await keys()).toEqual([]);
  });

  it('stops when it is told to, also within a file', async () => {
    const fd = openSync(join(directory, 'a'), 'w');
    ftruncateSync(fd, 2 ** 40);
    // With so many parts the rest counts as one: all of it would be read.
    for (let part = 0; part < 10_001; part++) writeSync(fd, 'x', part * 8192);
    closeSync(fd);
    const stop = new AbortController();
    const uploading = uploadArchive({ directory, uri: 's3://out/a.tar.gz', stores, signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(uploading).rejects.toThrow(/abort/i);
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

  function packed(): string {
    return join(root, 's3/out/job/output/model.tar.gz');
  }

  function listed(): string[] {
    return execFileSync('tar', ['-tzf', packed()], { encoding: 'utf8' }).trim().split('\n');
  }

  function verbose(): string {
    return execFileSync('tar', ['-tvzf', packed()], { encoding: 'utf8' });
  }

  /** What was said of entries that were left out; undefined where nothing was uploaded. */
  async function archive(): Promise<string[] | undefined> {
    const told: string[] = [];
    const uri = 's3://out/job/output/model.tar.gz';
    const names = ['/opt/ml/model'];
    const onLeftOut = (message: string): unknown => told.push(message);
    return (await uploadArchive({ directory, names, uri, stores, onLeftOut })) && told;
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
  it('uploads each file, also by links that stay within it', async () => {
    makeFiles({ 'a.csv': '1', 'sub/b.csv': '22', empty: '' });
    symlinkSync('a.csv', join(directory, 'link'));
    symlinkSync('/etc', join(directory, 'etc'));
    symlinkSync('/opt/ml/model/sub', join(directory, 'last'));
    symlinkSync('.', join(directory, 'around'));
    const told: string[] = [];
    const onLeftOut = (message: string): unknown => told.push(message);
    const options = { directory, names: ['/opt/ml/model'], uri: 's3://out/p', stores, onLeftOut };
    expect(await uploadDirectory(options)).toEqual({ objects: 5, bytes: 6 });
    expect(await keys()).toEqual(['p/a.csv', 'p/empty', 'p/last/b.csv', 'p/link', 'p/sub/b.csv']);
    expect(told.sort()).toEqual([
      "'around' was left out: it is a link to a directory that leads around.",
      "'etc' was left out: it is a link that leads out of its directory.",
    ]);
  });

  it('uploads all but a file whose name no key can have, and fails with its name', async () => {
    makeFiles({ good: 'g' });
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.of(0xe9)]), 'x');
    const uploading = uploadDirectory({ directory, uri: 's3://out/p', stores });
    await expect(uploading).rejects.toMatchObject({ message: expect.stringContaining("'caf\\xe9'") });
    expect(await keys()).toEqual(['p/good']);
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

  it('is uploaded as it is by now, also what has kept its size and its time', async () => {
    const upload = startContinuousUpload({ directory, uri: 's3://out/live/', stores, intervalMs: 50 });
    makeFiles({ same: 'old' });
    const { atime, mtime } = statSync(join(directory, 'same'));
    await until(async () => (await keys()).includes('live/same'));
    makeFiles({ same: 'new' });
    utimesSync(join(directory, 'same'), atime, mtime);
    await upload.close();
    expect(await text('live/same')).toBe('new');
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
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(10)) if (await check()) return;
  throw new Error('It did not happen within a minute.');
}
