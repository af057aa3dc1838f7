import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InputChannel } from '../../src/channels/index.ts';
import { type PipeChannel, type PipeOptions, startPipe } from '../../src/channels/pipe/pipe-channel.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore, ObjectSummary } from '../../src/objects/store.ts';
import { decodeRecords, readFifo, startReader } from './support/readers.ts';

let root: string;
let source: string;
let embedded: ObjectStore;
let remote: ObjectStore;
let open: PipeChannel[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'pipe-'));
  source = join(root, 'source');
  embedded = createDirectoryStore(join(root, 's3'));
  remote = asRemote(embedded);
  await embedded.createBucket('data');
  mkdirSync(join(root, 'data'));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((pipe) => pipe.close()));
  const left = readdirSync(join(root, 'data'));
  rmSync(root, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`FIFOs were left: ${left.join(', ')}`);
});

/** Where a channel's objects can be: each delivers in its own way. */
const places = [
  ['local files', () => local],
  ['the embedded store', () => stored(embedded)],
  ['a remote store', () => stored(remote)],
] as const;

describe.each(places)('Pipe mode from %s', (_, placeOf) => {
  it('streams all objects in the order of their keys, epoch after epoch', async () => {
    const files = { 'a/1': randomBytes(300_000), 'a-2': 'small', b: randomBytes(9_000_000), c: '' };
    await start(await placeOf()(files));
    const expected = Buffer.concat(['a-2', 'a/1', 'b', 'c'].map((name) => bytesOf(files[name as 'b'])));
    for (const epoch of [0, 1, 2]) expect((await readFifo(fifo(epoch))).equals(expected)).toBe(true);
  });

  it('goes on to the next epoch when the reader closes early', async () => {
    const content = randomBytes(5_000_000);
    await start(await placeOf()({ a: content, b: content }));
    expect(await readFifo(fifo(0), ['head', '-c', '10'])).toEqual(content.subarray(0, 10));
    expect(await readFifo(fifo(1), ['head', '-c', '6000000'])).toHaveLength(6_000_000);
    expect(digest(await readFifo(fifo(2)))).toBe(digest(Buffer.concat([content, content])));
  });

  it('goes on to the next epoch when the reader is killed', async () => {
    await start(await placeOf()({ a: randomBytes(5_000_000) }));
    const reader = await startReader(fifo(0), ['sh', '-c', 'exec 3< "$0"; head -c 5 <&3; exec sleep 60']);
    await reader.started;
    reader.child.kill('SIGKILL');
    await reader.bytes;
    expect(await readFifo(fifo(1))).toHaveLength(5_000_000);
  });

  it('inflates gzip objects, of several members too', async () => {
    const big = Buffer.alloc(12_000_000, 'some text that repeats itself ');
    const files = {
      '1': gzipSync(big),
      '2': gzipSync('x'),
      '3': Buffer.concat([gzipSync('first '), gzipSync('second')]),
      '4': gzipSync(randomBytes(2_000_000)),
      '5': gzipSync(big),
    };
    await start({ ...(await placeOf()(files)), compression: 'Gzip' });
    const expected = execFileSync('gzip', ['-dc'], {
      input: Buffer.concat(Object.values(files)),
      maxBuffer: 1 << 26,
    });
    expect(digest(await readFifo(fifo(0)))).toBe(digest(expected));
  });

  it('wraps each object as one RecordIO record', async () => {
    const sizes = [0, 1, 2, 3, 4, 5, 131_072, 131_073, 1_048_576, 5_000_001];
    const objects = sizes.map((size) => randomBytes(size));
    const names = objects.map((_object, index) => String.fromCharCode(97 + index));
    const files = Object.fromEntries(names.map((name, index) => [name, objects[index] as Buffer]));
    await start({ ...(await placeOf()(files)), recordWrapper: 'RecordIO' });
    expect(decodeRecords(await readFifo(fifo(0))).map(digest)).toEqual(objects.map(digest));
  });

  it('wraps inflated objects', async () => {
    const objects = [Buffer.alloc(40_000_000, 'long '), Buffer.from('short'), Buffer.alloc(0)];
    const files = Object.fromEntries(objects.map((object, index) => [`${index}`, gzipSync(object)]));
    await start({ ...(await placeOf()(files)), compression: 'Gzip', recordWrapper: 'RecordIO' });
    expect(decodeRecords(await readFifo(fifo(0))).map(digest)).toEqual(objects.map(digest));
  });

  it('shuffles anew for each epoch, the same for the same seed', async () => {
    const channel = { ...(await placeOf()(numbered(40))), shuffleSeed: 7 };
    const pipes = [await start(channel), await start(channel, { directory: join(root, 'data/again') })];
    expect(pipes).toHaveLength(2);
    const [first, second, again] = [await names(0), await names(1), await names(0, 'again')];
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect([...first].sort()).toEqual(Object.keys(numbered(40)));
    expect([...second].sort()).toEqual(Object.keys(numbered(40)));
    expect(first).not.toEqual([...first].sort());
  });

  it('shares the objects out to hosts, and with ShuffleConfig anew for each epoch', async () => {
    const channel = {
      ...(await placeOf()(numbered(30))),
      distribution: 'ShardedByS3Key',
      shuffleSeed: 3,
    } as const;
    for (let index = 0; index < 3; index++) {
      await start(channel, { host: { index, count: 3 }, directory: join(root, `data/host-${index}`) });
    }
    const hosts = [0, 1, 2];
    const epochs = [0, 1].map(async (epoch) =>
      Promise.all(hosts.map((host) => names(epoch, `host-${host}`))),
    );
    const [first, second] = [await epochs[0], await epochs[1]];
    for (const shares of [first, second]) {
      expect(shares?.map((share) => share.length)).toEqual([10, 10, 10]);
      expect(shares?.flat().sort()).toEqual(Object.keys(numbered(30)));
    }
    expect([...(first?.[0] ?? [])].sort()).not.toEqual([...(second?.[0] ?? [])].sort());
  });

  it('fails with the name of an object that is no gzip file, and lets the reader see no end', async () => {
    const pipe = await start({
      ...(await placeOf()({ a: gzipSync('fine'), broken: 'not gzip' })),
      compression: 'Gzip',
    });
    const reader = await startReader(fifo(0));
    const error = await pipe.failed;
    expect(error).toMatchObject({ code: 'GzipInvalid', message: expect.stringContaining('broken') });
    await sleep(100);
    expect(reader.child.exitCode).toBeNull();
    await pipe.close();
    await reader.bytes;
  });

  it('fails with the name of a gzip object that is cut short', async () => {
    const whole = gzipSync(randomBytes(3_000_000));
    const pipe = await start({
      ...(await placeOf()({ cut: whole.subarray(0, -1000) })),
      compression: 'Gzip',
    });
    const reader = await startReader(fifo(0));
    expect(await pipe.failed).toMatchObject({ code: 'GzipInvalid', message: expect.stringContaining('cut') });
    await pipe.close();
    await reader.bytes;
  });

  it('fails with the name of an object that has gone meanwhile', async () => {
    const pipe = await start(await placeOf()({ a: 'a', gone: 'b' }));
    for (const path of [join(source, 'gone'), join(root, 's3/data/p/gone')]) rmSync(path, { force: true });
    const reader = await startReader(fifo(0));
    expect(await pipe.failed).toMatchObject({ code: 'NoSuchKey', message: expect.stringContaining('gone') });
    await pipe.close();
    await reader.bytes;
  });

  it('ends while a reader holds the FIFO and reads no more', async () => {
    const pipe = await start(await placeOf()({ a: randomBytes(8_000_000) }));
    const reader = await startReader(fifo(0), ['sh', '-c', 'exec 3< "$0"; head -c 5 <&3; exec sleep 60']);
    await reader.started;
    await sleep(50);
    await pipe.close();
    reader.child.kill('SIGKILL');
    await reader.bytes;
  });
});

describe('FIFOs', () => {
  it('has the next one before the reader of this one has read a byte', async () => {
    await start(await local({ a: 'x' }));
    const script = 'exec 3< "$0"; head -c 1 <&3 > /dev/null; test -p "${0%_0}_1" && echo there';
    expect((await readFifo(fifo(0), ['sh', '-c', script])).toString()).toBe('there\n');
  });

  it('needs no reader to come', async () => {
    const pipe = await start(await local({ a: 'x' }));
    await sleep(30);
    await pipe.close();
    await pipe.close();
    await pipe.ended;
  });

  it('waits for a reader that comes late', async () => {
    await start(await local({ a: 'late' }));
    await sleep(300);
    expect((await readFifo(fifo(0))).toString()).toBe('late');
  });

  it('lets a slow reader of one channel hold up no other', async () => {
    const channel = await local({ a: randomBytes(4_000_000) });
    for (let index = 0; index < 6; index++)
      await start(channel, { directory: join(root, `data/slow-${index}`) });
    await start(channel);
    const slow = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((index) =>
        startReader(join(root, `data/slow-${index}_0`), ['sh', '-c', 'exec 3< "$0"; exec sleep 60']),
      ),
    );
    expect(await readFifo(fifo(0))).toHaveLength(4_000_000);
    for (const reader of slow) reader.child.kill('SIGKILL');
    await Promise.all(slow.map((reader) => reader.bytes));
  });

  it('gives a reader that waits for the next epoch an end when the channel is closed', async () => {
    const pipe = await start({ ...(await local({ broken: 'not gzip' })), compression: 'Gzip' });
    const reader = await startReader(fifo(0));
    await pipe.failed;
    const next = readFifo(fifo(1));
    await sleep(100);
    await pipe.close();
    expect(String(await next)).toBe('');
    await reader.bytes;
  });

  it('ends after the epochs that were asked for', async () => {
    const pipe = await start(await local({ a: 'x' }), { epochs: 2 });
    expect(String(await readFifo(fifo(0)))).toBe('x');
    expect(String(await readFifo(fifo(1)))).toBe('x');
    await pipe.ended;
    expect(existsSync(fifo(2))).toBe(false);
  });

  it('takes over one that a killed process has left, but removes no file', async () => {
    execFileSync('mkfifo', [fifo(0)]);
    await start(await local({ a: 'x' }));
    expect(String(await readFifo(fifo(0)))).toBe('x');
    writeFileSync(join(root, 'data/other_0'), 'a file');
    const refused = startPipe(optionsOf(await local({ a: 'x' }), { directory: join(root, 'data/other') }));
    await expect(refused).rejects.toMatchObject({ code: 'InvalidArgument' });
    rmSync(join(root, 'data/other_0'));
  });

  it('are none for a channel that is empty or missing', async () => {
    await expect(start({ uri: 's3://data/none' })).rejects.toMatchObject({ code: 'ChannelEmpty' });
    await expect(start({ uri: `file://${root}/none` })).rejects.toMatchObject({ code: 'ChannelNotFound' });
  });
});

describe('an augmented manifest', () => {
  const attributeNames = ['image-ref', 'label', 'box'];

  it.each([
    ['embedded', () => embedded],
    ['remote', () => remote],
  ])('sends the attributes of each line in the order asked for, from the %s store', async (_, store) => {
    await stored(store())({ 'img/1': 'pixels one', 'img/2': 'pixels two' });
    await manifest(
      '{"label":"cat","box":[1,2.50,12345678901234567890],"image-ref":"s3://data/p/img/1","unused":0}\n\n' +
        '{"image-ref":"s3://data/p/img/2","label":"ü","box":{"a":null}}',
    );
    const channel = {
      uri: 's3://data/m',
      dataType: 'AugmentedManifestFile',
      attributeNames,
      store: store(),
    } as const;
    await start({ ...channel, recordWrapper: 'RecordIO' });
    const records = decodeRecords(await readFifo(fifo(0)));
    expect(records.map(String)).toEqual([
      'pixels one',
      'cat',
      '[1,2.50,12345678901234567890]',
      'pixels two',
      'ü',
      '{"a":null}',
    ]);
    await start(channel, { directory: join(root, 'data/plain') });
    expect(String(await readFifo(join(root, 'data/plain_0')))).toBe(
      'pixels onecat[1,2.50,12345678901234567890]pixels twoü{"a":null}',
    );
  });

  it('keeps the attributes of a line together when it shuffles', async () => {
    const lines = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify({ a: `a${index}`, b: `b${index}` }),
    );
    await manifest(lines.join('\n'));
    const channel = { uri: 's3://data/m', dataType: 'AugmentedManifestFile', shuffleSeed: 1 } as const;
    await start({ ...channel, attributeNames: ['b', 'a'], recordWrapper: 'RecordIO' });
    const records = decodeRecords(await readFifo(fifo(0))).map(String);
    expect(records).toHaveLength(40);
    for (let at = 0; at < 40; at += 2) expect(records[at]?.slice(1)).toBe(records[at + 1]?.slice(1));
    expect(records[0]).not.toBe('b0');
  });

  it.each([
    ['{"a":1', 'line 1 is no JSON'],
    ['{"label":"x","box":1,"image-ref":"s3://data/x"}\n{"label":"x"}', "line 2 has no attribute 'image-ref'"],
    ['[1]', 'line 1: expected a JSON object'],
    [
      '{"label":"x","box":1,"image-ref":"/local"}',
      'line 1: expected an S3 URI as \'image-ref\', got "/local"',
    ],
  ])('is refused: %s', async (text, message) => {
    await manifest(text);
    const started = start({ uri: 's3://data/m', dataType: 'AugmentedManifestFile', attributeNames });
    await expect(started).rejects.toMatchObject({
      code: 'ManifestInvalid',
      message: expect.stringContaining(message),
    });
  });

  async function manifest(text: string): Promise<void> {
    await embedded.put('data', 'm', text);
  }
});

type Files = Readonly<Record<string, string | Buffer>>;
type Channel = Partial<InputChannel> & { readonly store?: ObjectStore };

async function start(channel: Channel, options: Partial<PipeOptions> = {}): Promise<PipeChannel> {
  const pipe = await startPipe(optionsOf(channel, options));
  open.push(pipe);
  return pipe;
}

function optionsOf({ store = embedded, ...channel }: Channel, options: Partial<PipeOptions>): PipeOptions {
  return {
    channel: { name: 'train', uri: '', inputMode: 'Pipe', ...channel },
    host: { index: 0, count: 1 },
    stores: { store: () => store },
    directory: join(root, 'data/train'),
    ...options,
  };
}

function fifo(epoch: number, channel = 'train'): string {
  return join(root, `data/${channel}_${epoch}`);
}

async function local(files: Files): Promise<Channel> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), content);
  }
  return { uri: `file://${source}` };
}

function stored(store: ObjectStore): (files: Files) => Promise<Channel> {
  return async (files) => {
    for (const [name, content] of Object.entries(files)) await embedded.put('data', `p/${name}`, content);
    return { uri: 's3://data/p/', store };
  };
}

/** The same objects, as if they were far away: no files, and each answer comes after a while of its own. */
function asRemote(store: ObjectStore): ObjectStore {
  const far: ObjectStore = Object.create(store, { local: { value: undefined } });
  far.list = async function* (bucket, options): AsyncGenerator<ObjectSummary> {
    for await (const { file: _, ...summary } of store.list(bucket, { ...options, withEtag: true }))
      yield summary;
  };
  far.head = (...request) => store.head(...request);
  far.get = async (...request) => {
    await sleep(Math.random() * 20);
    return store.get(...request);
  };
  return far;
}

function numbered(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `${index}`.padStart(3, '0'));
  return Object.fromEntries(names.map((name) => [name, `${name} `]));
}

/** The contents of `numbered` files in the order in which they came. */
async function names(epoch: number, channel?: string): Promise<string[]> {
  return String(await readFifo(fifo(epoch, channel)))
    .trim()
    .split(' ');
}

function bytesOf(content: string | Buffer): Buffer {
  return Buffer.from(content as string);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
