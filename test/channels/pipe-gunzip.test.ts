import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InputChannel } from '../../src/channels/index.ts';
import { canInflateNatively } from '../../src/channels/pipe/native-inflate.ts';
import { type PipeChannel, startPipe } from '../../src/channels/pipe/pipe-channel.ts';
import { decodeRecords, readFifo, startReader } from './support/readers.ts';

let root: string;
let pipe: PipeChannel | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gunzip-'));
  for (const name of ['source', 'data']) mkdirSync(join(root, name));
});

afterEach(async () => {
  await pipe?.close();
  pipe = undefined;
  vi.unstubAllEnvs();
  const left = readdirSync(join(root, 'data'));
  rmSync(root, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`FIFOs were left: ${left.join(', ')}`);
});

it('uses the zlib that Node exports on Linux', () => {
  expect(canInflateNatively()).toBe(process.platform === 'linux');
});

describe.each([
  ['with the native zlib', 'on'],
  ["with Node's streams", 'off'],
])('Gzip objects of this machine, %s', (_, native) => {
  beforeEach(() => {
    vi.stubEnv('SLUICE_NATIVE', native);
  });

  it('come in their order, whatever their sizes', async () => {
    const contents = Array.from({ length: 700 }, (_, index) => content(index));
    for (const [index, bytes] of contents.entries()) put(index, gzipSync(bytes, { level: 1 }));
    await start();
    const expected = digest(Buffer.concat(contents));
    expect(digest(await readFifo(fifo(0)))).toBe(expected);
    expect(digest(await readFifo(fifo(1)))).toBe(expected);
  });

  it('wait for a slow reader beyond what fits in memory', async () => {
    const contents = [1, 2, 3].map((seed) => Buffer.alloc(20_000_000 + seed, `${seed} is a number, `));
    for (const [index, bytes] of contents.entries()) put(index, gzipSync(bytes));
    await start();
    const script = 'exec 3< "$0"; head -c 1 <&3; sleep 1; cat <&3';
    expect(digest(await readFifo(fifo(0), ['sh', '-c', script]))).toBe(digest(Buffer.concat(contents)));
  });

  it('become one record each, also where they are empty or do not fit in memory', async () => {
    const contents = [0, 1, 262_136, 262_144, 4_194_296, 4_194_304, 9_000_001, 3].map((size) =>
      randomBytes(size),
    );
    for (const [index, bytes] of contents.entries()) put(index, gzipSync(bytes, { level: 1 }));
    await start({ recordWrapper: 'RecordIO' });
    expect(decodeRecords(await readFifo(fifo(0))).map(digest)).toEqual(contents.map(digest));
  });

  it('may end in a member after another, or in zeros', async () => {
    // The second member begins at, before and after the end of what is read at once.
    for (let index = 0; index < 40; index++) {
      const first = gzipSync(randomBytes(131_072 - 60 + index), { level: 0 });
      put(index, Buffer.concat([first, gzipSync('second'), Buffer.alloc(index % 3)]));
    }
    await start();
    const read = await readFifo(fifo(0));
    expect(read).toHaveLength(
      Array.from({ length: 40 }, (_, index) => 131_018 + index).reduce((a, b) => a + b),
    );
  });

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is cut within its trailer', gzipSync('text').subarray(0, -3)],
    ['has a wrong checksum', wrongChecksum()],
    [
      'is followed by a broken member',
      Buffer.concat([gzipSync('text'), Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])]),
    ],
  ])('fail with the name of one that %s, in its turn', async (_, broken) => {
    put(0, gzipSync(Buffer.alloc(10_000_000, 'before ')));
    put(1, broken);
    for (let index = 2; index < 30; index++) put(index, gzipSync('after'));
    const started = await start();
    const reader = await startReader(fifo(0), ['sh', '-c', 'exec 3< "$0"; sleep 0.3; exec cat <&3']);
    const error = await started.failed;
    expect(error).toMatchObject({ code: 'GzipInvalid', message: expect.stringContaining('source/001.gz') });
    await started.close();
    expect((await reader.bytes).length).toBeGreaterThanOrEqual(9_000_000);
  });

  it('end while threads wait for their turn', async () => {
    for (let index = 0; index < 6; index++) put(index, gzipSync(Buffer.alloc(9_000_000, 'text ')));
    const started = await start();
    const reader = await startReader(fifo(0), ['sh', '-c', 'exec 3< "$0"; head -c 5 <&3; exec sleep 60']);
    await reader.started;
    await started.close();
    reader.child.kill('SIGKILL');
    await reader.bytes;
  });
});

async function start(channel: Partial<InputChannel> = {}): Promise<PipeChannel> {
  pipe = await startPipe({
    channel: {
      name: 'train',
      uri: `file://${root}/source`,
      inputMode: 'Pipe',
      compression: 'Gzip',
      ...channel,
    },
    host: { index: 0, count: 1 },
    stores: {
      store: () => {
        throw new Error('All is local.');
      },
    },
    directory: join(root, 'data/train'),
  });
  return pipe;
}

function fifo(epoch: number): string {
  return join(root, `data/train_${epoch}`);
}

function put(index: number, bytes: Uint8Array): void {
  writeFileSync(join(root, 'source', `${index}`.padStart(3, '0').concat('.gz')), bytes);
}

/** Most are small; every hundredth is larger than what waits in memory. */
function content(index: number): Buffer {
  return index % 100 === 50 ? Buffer.alloc(6_000_000, `row ${index}\n`) : randomBytes((index * 37) % 5000);
}

function wrongChecksum(): Buffer {
  const bytes = gzipSync('text');
  bytes.writeUInt32LE(bytes.readUInt32LE(bytes.length - 8) ^ 1, bytes.length - 8);
  return bytes;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
