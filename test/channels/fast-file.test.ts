// Needs: fuse
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InputChannel, InputOptions, PreparedInput } from '../../src/channels/index.ts';
import { prepareInput, unmountLeftovers } from '../../src/channels/index.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../src/objects/s3/s3-store.ts';
import { openS3Gate } from '../harness/s3-gate.ts';
import { startS3, type TestS3, testCredentials } from '../harness/s3-server.ts';

const run = promisify(execFile);

let server: TestS3;
let remote: S3Store;
let root: string;
let inputs: PreparedInput[];

beforeAll(async () => {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new Error('These tests mount file systems: they need /dev/fuse, readable and writable.', {
      cause: error,
    });
  }
  server = await startS3();
  await server.store.createBucket('data');
  remote = createS3Store({ endpoint: server.url, credentials: testCredentials });
});

afterAll(async () => {
  await remote.close();
  await server.close();
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fast-file-'));
  inputs = [];
});

afterEach(async () => {
  await Promise.all(inputs.map((input) => input.close()));
  rmSync(root, { recursive: true, force: true });
});

describe('FastFile mode from a remote store', () => {
  it('shows the tree of a prefix, read-only', async () => {
    await putAll({ 'tree/a': '1', 'tree/sub/b': '22', 'tree/sub/deep/c d é': '333', 'tree/empty': '' });
    for (const uri of ['s3://data/tree', 's3://data/tree/']) {
      const input = await prepare({ uri });
      expect(input.mounts).toEqual([
        { source: target(), target: '/opt/ml/input/data/train', readOnly: true },
      ]);
      expect(input.notes).toEqual([]);
      expect(await filesIn(target())).toEqual({ a: '1', 'sub/b': '22', 'sub/deep/c d é': '333', empty: '' });
      await expect(writeFile(join(target(), 'a'), 'x')).rejects.toMatchObject({ code: 'EROFS' });
      await input.close();
    }
  });

  it('tells sizes and times, and that a file does not exist', async () => {
    await putAll({ 'facts/sub/five': '12345' });
    await prepare({ uri: 's3://data/facts' });
    const { lastModified } = await remote.head('data', 'facts/sub/five');
    const stats = await stat(join(target(), 'sub/five'));
    expect(stats.size).toBe(5);
    expect(Math.abs(stats.mtimeMs - lastModified.getTime())).toBeLessThan(1);
    expect((await stat(join(target(), 'sub'))).isDirectory()).toBe(true);
    await expect(stat(join(target(), 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readFile(join(target(), 'sub/none/x'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('lets a directory shadow an object of its name, and leaves out keys that are no files', async () => {
    await putAll({
      'p/a': 'shadowed',
      'p/a-b': 'between',
      'p/a.txt': 'between',
      'p/a/b': '1',
      'p/a0': 'after',
      'p/folder/': '',
      'p/../x': '2',
      'p/./y': '3',
    });
    await prepare({ uri: 's3://data/p/' });
    expect((await readdir(target())).sort()).toEqual(['a', 'a-b', 'a.txt', 'a0', 'folder']);
    expect(await filesIn(target())).toEqual({
      'a-b': 'between',
      'a.txt': 'between',
      'a/b': '1',
      a0: 'after',
    });
    await again({ uri: 's3://data/p/' });
    expect(await readFile(join(target(), 'a/b'), 'utf8')).toBe('1');
    expect((await stat(join(target(), 'a'))).isDirectory()).toBe(true);
  });

  it('reads the same bytes as the object has: in order, at random places, and by many readers at once', async () => {
    const bytes = randomBytes(40 * 1024 * 1024 + 12_345);
    await server.store.put('data', 'big/one', bytes);
    await prepare({ uri: 's3://data/big' });
    const path = join(target(), 'one');
    const file = await open(path);
    for (let read = 0; read < 200; read++) {
      const start = (read * 7_919_993) % bytes.length;
      const length = 1 + ((read * 104_729) % 300_000);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      expect(buffer.subarray(0, bytesRead).equals(bytes.subarray(start, start + length))).toBe(true);
    }
    await file.close();
    await again({ uri: 's3://data/big' });
    const sums = await Promise.all(Array.from({ length: 4 }, () => run('sha256sum', [path])));
    for (const { stdout } of sums) {
      expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('lists a directory of 10,000 objects', async () => {
    const directory = join(server.home, 's3/data/many');
    await mkdir(directory, { recursive: true });
    const names = Array.from({ length: 10_000 }, (_, index) => `n${String(index).padStart(5, '0')}`);
    await Promise.all(names.map((name) => writeFile(join(directory, name), name)));
    await prepare({ uri: 's3://data/many/' });
    expect((await readdir(target())).sort()).toEqual(names);
    const { stdout } = await run('find', [target(), '-type', 'f', '-size', '-2']);
    expect(stdout.split('\n').length - 1).toBe(10_000);
    expect(await readFile(join(target(), 'n07777'), 'utf8')).toBe('n07777');
  });

  it('gives an error and fails the channel when an object has changed, not a mixture', async () => {
    await server.store.put('data', 'changing/one', Buffer.alloc(3_000_000, 'a'));
    const input = await prepare({ uri: 's3://data/changing' });
    const file = await open(join(target(), 'one'));
    await file.read(Buffer.alloc(4096), 0, 4096, 2_000_000);
    await server.store.put('data', 'changing/one', Buffer.alloc(3_000_000, 'b'));
    await expect(file.read(Buffer.alloc(4096), 0, 4096, 0)).rejects.toMatchObject({ code: 'EIO' });
    await file.close();
    expect(await input.failed).toMatchObject({
      code: 'PreconditionFailed',
      message: 's3://data/changing/one has changed while the job was reading it.',
    });
  });

  it('gives an error and fails the channel when an object was deleted', async () => {
    await putAll({ 'gone/one': 'here', 'gone/two': 'stays' });
    const input = await prepare({ uri: 's3://data/gone' });
    await stat(join(target(), 'one'));
    await server.store.delete('data', 'gone/one');
    await expect(readFile(join(target(), 'one'))).rejects.toMatchObject({ code: 'EIO' });
    expect(await input.failed).toMatchObject({
      code: 'NoSuchKey',
      message: expect.stringContaining('s3://data/gone/one'),
    });
    expect(await readFile(join(target(), 'two'), 'utf8')).toBe('stays');
  });

  it('unmounts at the end, also while a file is open', async () => {
    await putAll({ 'end/one': 'text' });
    const input = await prepare({ uri: 's3://data/end' });
    const file = await open(join(target(), 'one'));
    expect(isMounted()).toBe(true);
    await input.close();
    await input.close();
    expect(isMounted()).toBe(false);
    expect(await readdir(target())).toEqual([]);
    await expect(file.read(Buffer.alloc(1), 0, 1, 0)).rejects.toThrow(/ENOTCONN|ECONNABORTED|EIO/);
    await file.close().catch(() => undefined);
  });

  it.each([
    ['s3://data/part/ab', 'InvalidArgument', 'is only a part of a name, of part/abc for one'],
    ['s3://data/part/zz', 'ChannelEmpty', 'holds no data'],
    ['s3://no-such-bucket/x', 'ChannelNotFound', 'no-such-bucket'],
  ])('refuses %s', async (uri, code, message) => {
    await putAll({ 'part/abc': '1' });
    await expect(prepare({ uri })).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(isMounted()).toBe(false);
  });

  it('lists many short names at once', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => index.toString(36)).sort();
    const directory = join(server.home, 's3/data/short');
    await mkdir(directory, { recursive: true });
    await Promise.all(names.map((name) => writeFile(join(directory, name), '')));
    await prepare({ uri: 's3://data/short/' });
    expect((await readdir(target())).sort()).toEqual(names);
    expect((await readdir(target())).sort()).toEqual(names);
  });

  it('lets a reader be killed while the store does not answer, and is unmounted then', async () => {
    await putAll({ 'stall/one': 'text', 'stall/two': 'text' });
    await using gate = await openS3Gate();
    gate.leadTo(server.url);
    const held = createS3Store({
      endpoint: gate.environment['SLUICE_S3'] ?? '',
      credentials: testCredentials,
    });
    const input = await prepare({ uri: 's3://data/stall' }, { stores: { store: () => held } });
    const stalled = Promise.withResolvers<void>();
    gate.hold(/GET \/data\/stall\/one/, () => stalled.resolve());
    const reader = spawn('cat', [join(target(), 'one')], { stdio: 'ignore' });
    await stalled.promise;
    expect(await readFile(join(target(), 'two'), 'utf8')).toBe('text');
    reader.kill('SIGKILL');
    expect(await once(reader, 'exit')).toEqual([null, 'SIGKILL']);
    await input.close();
    expect(isMounted()).toBe(false);
    await held.close();
  });

  it('leaves no mount behind when Sluice is killed', async () => {
    await putAll({ 'killed/one': 'text' });
    const holder = await hold('s3://data/killed');
    expect(holder.said).toEqual({ notes: [], files: { one: 'text' } });
    expect(isMounted()).toBe(true);
    holder.process.kill('SIGKILL');
    await vi.waitFor(() => expect(isMounted()).toBe(false), { timeout: 120_000 });
  });

  it('fails the channel when the process that serves it is killed, and clears what it left', async () => {
    await putAll({ 'lost/one': 'text' });
    const input = await prepare({ uri: 's3://data/lost' });
    process.kill(servingProcess(), 'SIGKILL');
    expect((await input.failed).message).toBe('The process that serves a FastFile channel has ended.');
    expect(isMounted()).toBe(true);
    await unmountLeftovers(root);
    expect(isMounted()).toBe(false);
    await again({ uri: 's3://data/lost' });
    expect(await readFile(join(target(), 'one'), 'utf8')).toBe('text');
  });

  it('mounts through fusermount3 for an ordinary user', async () => {
    await putAll({ 'user/one': 'text' });
    const holder = await hold('s3://data/user', process.geteuid?.() === 0 ? asOrdinaryUser() : []);
    expect(holder.said).toEqual({ notes: [], files: { one: 'text' } });
    const seen = readFileSync(`/proc/${holder.process.pid}/mountinfo`, 'utf8');
    expect(seen).toContain(` ${target()} ro,nosuid,nodev`);
    expect(seen).toContain(`user_id=${process.getuid?.() || 65_534}`);
    holder.process.stdin.end();
    expect(await holder.nextLine()).toBe('{"mounted":false}');
    await once(holder.process, 'exit');
  });

  it('copies, and says why, where the machine cannot mount', async () => {
    await putAll({ 'copied/one': 'text' });
    const holder = await hold('s3://data/copied', withoutFuse());
    expect(holder.said).toEqual({
      notes: [
        expect.stringMatching(
          /^Channel 'train': its data was copied before the start \(File mode\).*\(FastFile\): mount\(2\) fails with EINVAL; .+\.$/,
        ),
      ],
      files: { one: 'text' },
    });
    holder.process.stdin.end();
    await once(holder.process, 'exit');
  });

  it('shows a directory of the embedded store whose keys are no plain paths', async () => {
    await putAll({ 'odd/a': '1', 'odd/sub/b': '2', 'odd/sub': '3', 'odd/x/': '' });
    const input = await prepare({ uri: 's3://data/odd' }, { stores: { store: () => server.store } });
    expect(input.notes).toEqual([]);
    expect(isMounted()).toBe(true);
    expect(await filesIn(target())).toEqual({ a: '1', 'sub/b': '2' });
  });
});

async function prepare(
  channel: Partial<InputChannel>,
  options: Partial<InputOptions> = {},
): Promise<PreparedInput> {
  const input = await prepareInput({
    channel: { name: 'train', uri: '', inputMode: 'FastFile', ...channel },
    host: { index: 0, count: 1 },
    target: '/opt/ml/input/data/train',
    directory: target(),
    mounts: true,
    stores: { store: () => remote },
    ...options,
  });
  inputs.push(input);
  return input;
}

/** A process that holds a channel, once it is mounted. It ends with its input. */
async function hold(uri: string, wrapper: readonly string[] = []) {
  await mkdir(target(), { recursive: true });
  const program = fileURLToPath(new URL('../fixtures/channels/hold-fast-file.ts', import.meta.url));
  const [command, ...parameters] = [...wrapper, process.execPath, program, server.url, uri, target()];
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  return { process: child, said: JSON.parse(await nextLine()) as unknown, nextLine };
}

/**
 * Runs a command as the user 65534, in a mount namespace where this user may open /dev/fuse, as everybody may on an
 * ordinary machine; fusermount3 opens it as the user who calls it.
 */
function asOrdinaryUser(): string[] {
  const uid = '65534';
  const devices = join(root, 'devices');
  for (const path of [devices, target()]) mkdirSync(path, { recursive: true });
  for (const path of [dirname(root), root]) chmodSync(path, 0o711);
  chownSync(target(), Number(uid), Number(uid));
  const script = `set -e
    mount -t tmpfs -o mode=755 devices "$1"
    mknod -m 666 "$1/fuse" c 10 229
    mount --bind "$1/fuse" /dev/fuse
    shift
    exec setpriv --reuid ${uid} --regid ${uid} --clear-groups "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', devices];
}

/** Runs a command in a mount namespace where /dev/fuse is no such device. */
function withoutFuse(): string[] {
  const script = 'mount --bind /dev/null /dev/fuse && exec "$@"';
  const user = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
  return ['unshare', ...user, '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

function servingProcess(): number {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((each) => each.includes(` ${target()} `));
  return Number(/ sluice:(\d+):/.exec(line ?? '')?.[1]);
}

/** A new mount, of which the kernel remembers nothing. */
async function again(channel: Partial<InputChannel>): Promise<PreparedInput> {
  await inputs.at(-1)?.close();
  return prepare(channel);
}

function target(): string {
  return join(root, 'ml/input/data/train');
}

function isMounted(): boolean {
  return existsSync(root) && readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${target()} `);
}

async function putAll(objects: Record<string, string>): Promise<void> {
  for (const [key, content] of Object.entries(objects)) await server.store.put('data', key, content);
}

async function filesIn(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(directory, { recursive: true })).sort()) {
    const path = join(directory, name);
    if ((await stat(path)).isFile()) files[name] = await readFile(path, 'utf8');
  }
  return files;
}
