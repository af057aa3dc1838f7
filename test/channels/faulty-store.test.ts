// Needs: fuse
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type InputChannel,
  listObjects,
  prepareInput,
  readObject,
  syncCheckpoints,
} from '../../src/channels/index.ts';
import { copyOutput } from '../../src/cli/copy-outputs.ts';
import { SluiceError } from '../../src/core/errors.ts';
import { unpackArchive } from '../../src/hosts/archive.ts';
import { createS3Store } from '../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../src/objects/s3/s3-store.ts';
import { type FaultyS3, faults, startFaultyS3 } from '../harness/faulty-s3.ts';
import { startReader } from './support/readers.ts';

/** Beyond what Pipe and FastFile ask for at once. */
const large = randomBytes(5 * 1024 * 1024 + 1);
const small = randomBytes(5_000);

let s3: FaultyS3;
let store: S3Store;
let root: string;

beforeAll(async () => {
  s3 = await startFaultyS3();
  store = createS3Store({
    endpoint: s3.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    attempts: 2,
    idleTimeoutMs: 5_000,
  });
  s3.objects.set('data/train/large', large);
  s3.objects.set('data/train/small', small);
  s3.objects.set('data/zipped/large.gz', gzipSync(large));
  s3.objects.set('data/manifest', Buffer.from('[{"prefix": "s3://data/train/"}, "large", "small"]'));
  s3.objects.set('data/lines', Buffer.from('{"image-ref": "s3://data/train/small", "label": 1}\n'));
  s3.objects.set('data/model.tar.gz', archiveOfLarge());
});

afterAll(async () => {
  await store.close();
  await s3[Symbol.asyncDispose]();
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'faulty-'));
});

afterEach(() => {
  s3.spoil(undefined);
  rmSync(root, { recursive: true, force: true });
});

function archiveOfLarge(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'faulty-model-'));
  writeFileSync(join(directory, 'large'), large);
  const archive = execFileSync('tar', ['-C', directory, '-cz', 'large'], { maxBuffer: 2 * large.length });
  rmSync(directory, { recursive: true });
  return archive;
}

const stores = { store: () => store };
const target = () => join(root, 'train');
const both = () => Buffer.concat([large, small]);

async function withInput(channel: Partial<InputChannel>, read: () => Promise<Buffer>): Promise<Buffer> {
  const input = await prepareInput({
    channel: { name: 'train', uri: 's3://data/train/', inputMode: 'File', ...channel },
    host: { index: 0, count: 1 },
    target: '/opt/ml/input/data/train',
    directory: target(),
    mounts: true,
    stores,
  });
  const failed = input.failed.then((error) => {
    throw error;
  });
  try {
    return await Promise.race([failed, read()]);
  } catch (error) {
    // A read that fails is told of a moment before the reason.
    throw error instanceof SluiceError ? error : await Promise.race([input.failed, failed]);
  } finally {
    await input.close();
  }
}

async function readFiles(): Promise<Buffer> {
  return Buffer.concat([await readFile(join(target(), 'large')), await readFile(join(target(), 'small'))]);
}

async function readPipe(): Promise<Buffer> {
  return (await startReader(`${target()}_0`)).bytes;
}

async function readAll(uri: string): Promise<Buffer> {
  const channel = { name: 'input', uri, inputMode: 'File' } as const;
  const pieces: Uint8Array[] = [];
  for await (const object of listObjects({ channel, host: { index: 0, count: 1 }, stores }))
    for await (const piece of readObject(object, stores)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** How objects are read. `streams`: what a reader has got already cannot be brought again. */
const modes: Readonly<Record<string, { read(): Promise<Buffer>; expected(): Buffer; streams?: RegExp }>> = {
  'File mode': { read: () => withInput({}, readFiles), expected: both },
  'FastFile mode': {
    read: () => withInput({ inputMode: 'FastFile' }, readFiles),
    expected: both,
    streams: /changed/,
  },
  'Pipe mode': { read: () => withInput({ inputMode: 'Pipe' }, readPipe), expected: both, streams: /changed/ },
  'Pipe mode with Gzip': {
    read: () => withInput({ inputMode: 'Pipe', uri: 's3://data/zipped/', compression: 'Gzip' }, readPipe),
    expected: () => large,
    streams: /changed/,
  },
  'a manifest': {
    read: () => withInput({ uri: 's3://data/manifest', dataType: 'ManifestFile' }, readFiles),
    expected: both,
  },
  'an augmented manifest': {
    read: () =>
      withInput(
        {
          uri: 's3://data/lines',
          inputMode: 'Pipe',
          dataType: 'AugmentedManifestFile',
          attributeNames: ['image-ref', 'label'],
        },
        readPipe,
      ),
    expected: () => Buffer.concat([small, Buffer.from('1')]),
  },
  'the archive of a model': {
    async read() {
      await unpackArchive({ uri: 's3://data/model.tar.gz', place: { root, path: '' }, stores });
      return readFileSync(join(root, 'large'));
    },
    expected: () => large,
    streams: /changed/,
  },
  'the input of a transform job': {
    read: () => readAll('s3://data/train/'),
    expected: both,
    streams: /changed/,
  },
  checkpoints: {
    async read() {
      mkdirSync(target());
      const sync = await syncCheckpoints({
        directory: target(),
        uri: 's3://data/train',
        stores,
        onError: () => undefined,
      });
      const bytes = await readFiles();
      await sync.close();
      return bytes;
    },
    expected: both,
  },
  'an output that is copied': {
    async read() {
      await copyOutput(stores, 's3://data/train', target());
      return readFiles();
    },
    expected: both,
    streams: /changed/,
  },
};

/** What came of reading: short, because a difference between megabytes takes minutes to print. */
interface Outcome {
  readonly bytes?: 'right' | 'wrong';
  readonly code?: string;
  readonly message?: string;
}

async function outcomeOf(mode: (typeof modes)[string]): Promise<Outcome> {
  try {
    return { bytes: (await mode.read()).equals(mode.expected()) ? 'right' : 'wrong' };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { code: error.code, message: error.message };
  }
}

const failure = {
  code: expect.stringMatching(/^(StoreUnavailable|ChecksumMismatch|PreconditionFailed)$/),
  message: expect.stringContaining('s3://data/'),
};

describe.each(Object.entries(modes))('From a store that answers wrongly, %s', (_mode, mode) => {
  it.each(Object.entries(faults))('takes no wrong bytes: %s', async (name, fault) => {
    s3.spoil(fault);
    const outcome = await outcomeOf(mode);
    // What comes after the last byte is left where it is.
    const mayBeRight = s3.spoiled === 0 || (/without an end/.test(name) && outcome.code === undefined);
    expect(outcome).toEqual(mayBeRight ? { bytes: 'right' } : failure);
    const parts = readdirSync(root, { recursive: true }).filter((name) => String(name).includes('.part'));
    expect(parts).toEqual([]);
  });

  it.each(Object.entries(faults))(
    'asks again where only the first answer is wrong: %s',
    async (name, fault) => {
      s3.spoil(fault, { name: /./, firstOnly: true });
      const outcome = await outcomeOf(mode);
      // Another version of the object is no damage; what a reader has got already cannot be brought again.
      const mayFail = s3.spoiled > 0 && (/version/.test(name) || mode.streams?.test(name));
      expect(outcome).toEqual(mayFail && outcome.code !== undefined ? failure : { bytes: 'right' });
    },
  );
});
