import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createS3Store } from '../../../src/objects/s3/create-s3-store.ts';
import type { S3Store } from '../../../src/objects/s3/s3-store.ts';
import type { OpenUpload, UploadJournal } from '../../../src/objects/upload-journal.ts';
import { startS3, type TestS3, testCredentials } from '../../harness/s3-server.ts';

const PART = Buffer.alloc(16 * 1024 * 1024, 'x');
const bucket = 'data';

let s3: TestS3;
let store: S3Store;
let client: S3Client;
/** What the store has told of, in order. */
const told: string[] = [];
const journal: UploadJournal = {
  async begun({ uri }: OpenUpload) {
    told.push(`begun ${uri}`);
  },
  async ended({ uri }: OpenUpload) {
    told.push(`ended ${uri}`);
  },
};

beforeAll(async () => {
  s3 = await startS3();
  const options = { endpoint: s3.url, credentials: testCredentials };
  store = createS3Store(options, journal);
  client = new S3Client({ ...options, region: 'us-east-1', forcePathStyle: true });
  await store.createBucket(bucket);
});

afterAll(async () => {
  client.destroy();
  await store.close();
  await s3.close();
});

async function openUploads(): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.length;
}

async function* twoParts(end: () => Promise<void>): AsyncGenerator<Uint8Array> {
  yield PART;
  yield PART;
  await end();
}

const never = (): Promise<void> => new Promise(() => undefined);

it.each([
  [
    'put',
    (body: AsyncIterable<Uint8Array>, signal?: AbortSignal) =>
      store.put(bucket, 'a', body, { ...(signal && { signal }) }),
  ],
  [
    'staged',
    (body: AsyncIterable<Uint8Array>, signal?: AbortSignal) =>
      store.stage(bucket, 'a', body, { owner: 'o', signal }),
  ],
])('an object that is %s and fails leaves no upload open, and its journal knows', async (_, upload) => {
  for (const [end, stop] of [
    [() => Promise.reject(new Error('it broke')), undefined],
    [never, new AbortController()],
  ] as const) {
    told.length = 0;
    const uploading = upload(
      twoParts(async () => {
        stop?.abort(new Error('it broke'));
        await end();
      }),
      stop?.signal,
    );
    await expect(uploading).rejects.toThrow('it broke');
    expect(await openUploads()).toBe(0);
    expect(told).toEqual(['begun s3://data/a', 'ended s3://data/a']);
    await expect(store.head(bucket, 'a')).rejects.toMatchObject({ code: 'NoSuchKey' });
  }
});

it('an object of several parts holds to its condition, and leaves no upload open where that does not hold', async () => {
  const whole = () => twoParts(async () => undefined);
  const options = { ifNoneMatch: '*', contentType: 'text/x', metadata: { who: 'Ö' } } as const;
  const { size, etag } = await store.put(bucket, 'b', whole(), options);
  expect(size).toBe(2 * PART.length);
  expect(await store.head(bucket, 'b')).toMatchObject({
    size,
    etag,
    contentType: 'text/x',
    metadata: { who: 'Ö' },
  });
  await expect(store.put(bucket, 'b', whole(), options)).rejects.toMatchObject({
    code: 'PreconditionFailed',
  });
  expect(await openUploads()).toBe(0);
});

it('an object of one part is put at once: nothing has to be known of it', async () => {
  told.length = 0;
  async function* small(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    yield Buffer.from('b');
  }
  expect(await store.put(bucket, 'c', small())).toMatchObject({ size: 2 });
  expect(told).toEqual([]);
});
