import { createHash } from 'node:crypto';
import { lookup } from 'node:dns';
import { Agent } from 'node:http';
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

const mebi = 1024 * 1024;

describe('the S3 protocol, spoken by the AWS SDK', () => {
  let s3: TestS3;
  let client: S3Client;
  const Bucket = 'bucket';
  beforeAll(async () => {
    s3 = await startS3();
    client = new S3Client({
      endpoint: s3.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: s3.credentials,
    });
    await client.send(new CreateBucketCommand({ Bucket }));
  });
  afterAll(async () => {
    client?.destroy();
    await s3?.close();
  });

  const put = (Key: string, Body = Key) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const text = async (Key: string) =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  it('makes, finds, lists and removes buckets', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'second-bucket' }));
    const { Buckets, Owner } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket, 'second-bucket']);
    expect(Owner?.ID).toHaveLength(64);
    expect((await client.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1');
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint ?? '').toBe('');
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    expect((await client.send(new GetBucketAclCommand({ Bucket }))).Grants?.[0]?.Permission).toBe(
      'FULL_CONTROL',
    );
    await client.send(new DeleteBucketCommand({ Bucket: 'second-bucket' }));
    await expect(client.send(new HeadBucketCommand({ Bucket: 'second-bucket' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('keeps content headers, metadata and tags', async () => {
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'headers',
        Body: 'x',
        ContentType: 'text/csv',
        ContentEncoding: 'gzip',
        ContentLanguage: 'de',
        ContentDisposition: 'attachment; filename="x.csv"',
        CacheControl: 'no-store',
        Metadata: { colour: 'blue' },
        Tagging: 'stage=test&team=a%20b',
      }),
    );
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'headers' }))).toMatchObject({
      ContentLength: 1,
      ContentType: 'text/csv',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentDisposition: 'attachment; filename="x.csv"',
      CacheControl: 'no-store',
      Metadata: { colour: 'blue' },
    });
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'headers' }));
    expect(TagSet).toEqual([
      { Key: 'stage', Value: 'test' },
      { Key: 'team', Value: 'a b' },
    ]);
    const override = new GetObjectCommand({ Bucket, Key: 'headers', ResponseContentType: 'text/plain' });
    expect((await client.send(override)).ContentType).toBe('text/plain');
  });

  it('changes tags without touching the object', async () => {
    const { ETag } = await put('tagged');
    await client.send(
      new PutObjectTaggingCommand({
        Bucket,
        Key: 'tagged',
        Tagging: { TagSet: [{ Key: 'a', Value: '<b>' }] },
      }),
    );
    expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))).TagSet).toEqual([
      { Key: 'a', Value: '<b>' },
    ]);
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'tagged' }))).ETag).toBe(ETag);
    await client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tagged' }));
    expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))).TagSet).toEqual([]);
  });

  it.each([0, 1, 16_384, 16_385, 65_537])('gives %i bytes of every value back as they came', async (size) => {
    const Body = Buffer.alloc(
      size,
      size === 0 ? 0 : Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    );
    await client.send(new PutObjectCommand({ Bucket, Key: 'bytes', Body, Metadata: { name: 'value' } }));
    const read = await client.send(new GetObjectCommand({ Bucket, Key: 'bytes' }));
    expect(Body.equals((await read.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ])('reads the range %s', async (Range, body, ContentRange) => {
    await put('digits', '0123456789');
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: 'digits', Range }));
    expect(answer.ContentRange).toBe(ContentRange);
    expect(await answer.Body?.transformToString()).toBe(body);
  });

  it('holds conditions on reading', async () => {
    const { ETag } = await put('read');
    const get = (conditions: object) =>
      client.send(new GetObjectCommand({ Bucket, Key: 'read', ...conditions }));
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get({ IfUnmodifiedSince: new Date(0) })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    await expect(get({ IfModifiedSince: new Date(Date.now() + 1000) })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    expect(
      await (await get({ IfMatch: ETag, IfUnmodifiedSince: new Date(0) })).Body?.transformToString(),
    ).toBe('read');
  });

  it('holds conditions on writing', async () => {
    const { ETag } = await put('write');
    const write = (conditions: object) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'write', Body: 'new', ...conditions }));
    await expect(write({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(write({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect(await text('write')).toBe('write');
    await write({ IfMatch: ETag });
    expect(await text('write')).toBe('new');
    const absent = new PutObjectCommand({ Bucket, Key: 'absent', Body: '', IfMatch: ETag });
    await expect(client.send(absent)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('lets one of many who create the same object win', async () => {
    const tries = Array.from({ length: 20 }, (_, index) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'race', Body: String(index), IfNoneMatch: '*' })),
    );
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  describe('listing', () => {
    const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'd e+f', 'k<&>"', 'ü/ö', 'z'];
    const Bucket = 'listing';
    beforeAll(async () => {
      await client.send(new CreateBucketCommand({ Bucket }));
      for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    });
    const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

    it.each([1, 2, 3, 1000])('goes through all keys in pages of %i, in both versions', async (MaxKeys) => {
      const found: (string | undefined)[] = [];
      for (let ContinuationToken: string | undefined, more = true; more; ) {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, MaxKeys, ...(ContinuationToken && { ContinuationToken }) }),
        );
        found.push(...(page.Contents ?? []).map(({ Key }) => Key));
        expect(page.KeyCount).toBe(page.Contents?.length);
        ContinuationToken = page.NextContinuationToken;
        more = page.IsTruncated ?? false;
      }
      expect(found).toEqual(sorted);
      const old: (string | undefined)[] = [];
      for (let Marker: string | undefined, more = true; more; ) {
        const page = await client.send(
          new ListObjectsCommand({ Bucket, MaxKeys, ...(Marker && { Marker }) }),
        );
        old.push(...(page.Contents ?? []).map(({ Key }) => Key));
        Marker = old.at(-1);
        more = page.IsTruncated ?? false;
      }
      expect(old).toEqual(sorted);
    });

    it.each([1, 2, 1000])('folds keys at a delimiter, in pages of %i', async (MaxKeys) => {
      const found: (string | undefined)[] = [];
      for (let ContinuationToken: string | undefined, more = true; more; ) {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket,
            MaxKeys,
            Delimiter: '/',
            ...(ContinuationToken && { ContinuationToken }),
          }),
        );
        found.push(
          ...(page.Contents ?? []).map(({ Key }) => Key),
          ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
        );
        ContinuationToken = page.NextContinuationToken;
        more = page.IsTruncated ?? false;
      }
      expect(new Set(found)).toEqual(new Set(['a', 'b/', 'd e+f', 'k<&>"', 'z', 'ü/']));
    });

    it('takes prefix, start-after and URL encoding', async () => {
      const below = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'b/', Delimiter: '/' }));
      expect(below.Contents?.map(({ Key }) => Key)).toEqual(['b/1', 'b/2']);
      expect(below.CommonPrefixes).toEqual([{ Prefix: 'b/c/' }]);
      const rest = await client.send(
        new ListObjectsV2Command({ Bucket, StartAfter: 'b/2', EncodingType: 'url' }),
      );
      expect(rest.Contents?.map(({ Key }) => Key)).toEqual([
        'b/c/3',
        'd+e%2Bf',
        'k%3C%26%3E%22',
        'z',
        '%C3%BC/%C3%B6',
      ]);
    });

    it('shows each object as its one version', async () => {
      const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'b/' }));
      expect(Versions?.map(({ Key, VersionId, IsLatest }) => ({ Key, VersionId, IsLatest }))).toEqual(
        ['b/1', 'b/2', 'b/c/3'].map((Key) => ({ Key, VersionId: 'null', IsLatest: true })),
      );
    });

    it('answers max-keys 0 with an empty page', async () => {
      const { KeyCount, IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
      expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 0, IsTruncated: false });
    });
  });

  it('copies with the source’s metadata or with new, and refuses a copy onto itself', async () => {
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'from +ü',
        Body: 'copied',
        Metadata: { a: '1' },
        ContentType: 'text/a',
      }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent('from +ü')}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).toMatchObject({
      Metadata: { a: '1' },
      ContentType: 'text/a',
    });
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'to',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
      }),
    );
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).toMatchObject({
      Metadata: { b: '2' },
    });
    expect(await text('to')).toBe('copied');
    const itself = new CopyObjectCommand({ Bucket, Key: 'to', CopySource: `${Bucket}/to` });
    await expect(client.send(itself)).rejects.toMatchObject({ name: 'InvalidRequest' });
    const stale = new CopyObjectCommand({ Bucket, Key: 'to', CopySource, CopySourceIfMatch: '"x"' });
    await expect(client.send(stale)).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('removes one object, and many at once', async () => {
    for (const key of ['x1', 'x2', 'x<3>']) await put(key);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'x1' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'x1' }));
    const many = [{ Key: 'x2' }, { Key: 'x<3>' }, { Key: 'never was' }];
    const { Deleted, Errors } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: many } }),
    );
    expect(Deleted?.map(({ Key }) => Key)).toEqual(['x2', 'x<3>', 'never was']);
    expect(Errors).toBeUndefined();
    await expect(text('x2')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  describe.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'the checksum %s',
    (ChecksumAlgorithm) => {
      const field = `Checksum${ChecksumAlgorithm}` as const;

      it('is verified and given back for one upload', async () => {
        const Key = `one-${ChecksumAlgorithm}`;
        const written = await client.send(
          new PutObjectCommand({ Bucket, Key, Body: 'sum', ChecksumAlgorithm }),
        );
        const read = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
        expect(read[field]).toBe(written[field]);
        expect(read[field]).toBeTruthy();
        expect(await read.Body?.transformToString()).toBe('sum');
        const wrong = Buffer.alloc(Buffer.from(written[field] ?? '', 'base64').length).toString('base64');
        const bad = new PutObjectCommand({ Bucket, Key, Body: 'other', [field]: wrong });
        await expect(client.send(bad)).rejects.toMatchObject({ name: 'BadDigest' });
        expect(await text(Key)).toBe('sum');
      });

      it('is put together for an upload in parts', async () => {
        const Key = `parts-${ChecksumAlgorithm}`;
        const { etag, checksum } = await uploadTwoParts(Key, ChecksumAlgorithm);
        const full = ChecksumAlgorithm === 'CRC64NVME';
        expect(etag).toMatch(/-2"$/);
        const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
        expect(head).toMatchObject({
          [field]: checksum[field],
          ChecksumType: full ? 'FULL_OBJECT' : 'COMPOSITE',
        });
        expect(head[field]).toMatch(full ? /=$/ : /-2$/);
        const { ObjectParts, Checksum } = await client.send(
          new GetObjectAttributesCommand({
            Bucket,
            Key,
            ObjectAttributes: ['Checksum', 'ObjectParts', 'ObjectSize'],
          }),
        );
        expect(ObjectParts?.TotalPartsCount).toBe(2);
        expect(Checksum?.[field]).toBe(head[field]);
        const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
        expect(second.PartsCount).toBe(2);
        expect(await second.Body?.transformToString()).toBe('end');
      });
    },
  );

  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
    'computes the whole %s of an upload in parts',
    async (ChecksumAlgorithm) => {
      const Key = `whole-${ChecksumAlgorithm}`;
      const field = `Checksum${ChecksumAlgorithm}` as const;
      const { checksum } = await uploadTwoParts(Key, ChecksumAlgorithm, 'FULL_OBJECT');
      const once = await client.send(
        new PutObjectCommand({
          Bucket,
          Key: `${Key}-once`,
          Body: Buffer.concat([Buffer.alloc(5 * mebi, 'a'), Buffer.from('end')]),
          ChecksumAlgorithm,
        }),
      );
      expect(checksum[field]).toBe(once[field]);
    },
  );

  async function uploadTwoParts(
    Key: string,
    ChecksumAlgorithm: ChecksumAlgorithm,
    ChecksumType?: 'FULL_OBJECT',
  ) {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ChecksumAlgorithm,
        ...(ChecksumType && { ChecksumType }),
      }),
    );
    const Parts = [];
    for (const [index, Body] of [Buffer.alloc(5 * mebi, 'a'), Buffer.from('end')].entries()) {
      const PartNumber = index + 1;
      const { $metadata: _, ...part } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }),
      );
      Parts.push({ PartNumber, ...part });
    }
    const done = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    return { etag: done.ETag, checksum: done };
  }

  it('completes an upload a second time as the first, with the same parts alone', async () => {
    const Key = 'completed-twice';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' });
    const { ETag } = await client.send(part);
    const complete = (tag: string | undefined) =>
      client.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: tag }] },
        }),
      );
    const { $metadata: _, ...first } = await complete(ETag);
    expect(await complete(ETag)).toMatchObject(first);
    await expect(complete(`"${'0'.repeat(32)}"`)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(
      (await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))).Uploads,
    ).toBeUndefined();
    await put(Key, 'replaced');
    await expect(complete(ETag)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(await text(Key)).toBe('replaced');
  });

  it('reads metadata as Latin-1 or as encoded words, and gives it back as encoded words', async () => {
    const Metadata = {
      latin1: 'groß',
      utf8: '=?UTF-8?B?5pel5pys?= =?UTF-8?B?6Kqe?=',
      quoted: '=?iso-8859-1?Q?gro=DF_hier?=',
      plain: 'a =?UTF-8?B?5pel?= b',
    };
    const Body = Buffer.from('x');
    await client.send(new PutObjectCommand({ Bucket, Key: 'words', Body, Metadata }));
    expect((await s3.store.head(Bucket, 'words')).metadata).toEqual({
      latin1: 'groß',
      utf8: '日本語',
      quoted: 'groß hier',
      plain: 'a =?UTF-8?B?5pel?= b',
    });
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'words' }))).Metadata).toEqual({
      latin1: '=?UTF-8?B?Z3Jvw58=?=',
      utf8: '=?UTF-8?B?5pel5pys6Kqe?=',
      quoted: '=?UTF-8?B?Z3Jvw58gaGllcg==?=',
      plain: 'a =?UTF-8?B?5pel?= b',
    });
  });

  it('refuses metadata that is sent as UTF-8, as S3 does: the SDK sends it so before a body of text', async () => {
    const wrong = new PutObjectCommand({ Bucket, Key: 'utf8', Body: 'text', Metadata: { name: 'groß' } });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('verifies Content-MD5', async () => {
    const ContentMD5 = createHash('md5').update('right').digest('base64');
    await client.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'right', ContentMD5 }));
    const wrong = new PutObjectCommand({ Bucket, Key: 'md5', Body: 'wrong', ContentMD5 });
    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    expect(await text('md5')).toBe('right');
  });

  it('uploads a stream in parts by lib-storage', async () => {
    const body = Buffer.alloc(13 * mebi, 'stream ');
    const upload = new Upload({
      client,
      params: { Bucket, Key: 'stream', Body: body, Metadata: { big: 'yes' } },
      partSize: 5 * mebi,
    });
    await upload.done();
    const read = await client.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
    expect(read.Metadata).toEqual({ big: 'yes' });
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  it('lists, replaces, copies and aborts parts', async () => {
    const Key = 'in/parts';
    await put('source', 'x'.repeat(6 * mebi));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const part = (PartNumber: number, Body: string) =>
      client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    await part(2, 'old');
    await part(2, 'new');
    const range = `bytes=0-${5 * mebi - 1}`;
    await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange: range,
      }),
    );
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(Parts.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 5 * mebi],
      [2, 3],
    ]);
    const first = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 1 }));
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '1' });
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'in/' }));
    expect(Uploads?.map((upload) => [upload.Key, upload.UploadId])).toEqual([[Key, UploadId]]);
    const complete = (parts: typeof Parts) =>
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
      );
    await expect(complete(Parts.toReversed())).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([{ PartNumber: 1, ETag: '"x"' }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(text(Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await complete(Parts);
    expect((await text(Key))?.slice(-4)).toBe('xnew');

    const second = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: second.UploadId }));
    const gone = new ListPartsCommand({ Bucket, Key, UploadId: second.UploadId });
    await expect(client.send(gone)).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('refuses parts that are too small', async () => {
    const Key = 'small';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'x' }),
      );
      Parts.push({ PartNumber, ETag });
    }
    const complete = new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts },
    });
    await expect(client.send(complete)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  });

  it('answers a bucket in the host name', async () => {
    const toLoopback: typeof lookup = ((_name: string, options: object, done: Parameters<typeof lookup>[1]) =>
      lookup('127.0.0.1', options, done)) as never;
    const agent = new Agent({ lookup: toLoopback });
    const virtual = new S3Client({
      endpoint: `http://s3.localhost:${s3.port}`,
      region: 'us-east-1',
      credentials: s3.credentials,
      requestHandler: { httpAgent: agent },
    });
    await virtual.send(new PutObjectCommand({ Bucket, Key: 'virtual/key', Body: 'v' }));
    expect(await text('virtual/key')).toBe('v');
    expect((await virtual.send(new ListObjectsV2Command({ Bucket, Prefix: 'virtual' }))).KeyCount).toBe(1);
    virtual.destroy();
  });

  it.each([
    [{ accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' }, 'InvalidAccessKeyId'],
    [{ accessKeyId: 'AKIATEST', secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
  ])('refuses the credentials %j', async (credentials, name) => {
    const other = new S3Client({ endpoint: s3.url, region: 'us-east-1', forcePathStyle: true, credentials });
    await expect(other.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name });
    other.destroy();
  });

  it.each([
    [new GetObjectCommand({ Bucket, Key: 'nothing' }), 'NoSuchKey', 404],
    [new GetObjectCommand({ Bucket: 'no-bucket', Key: 'k' }), 'NoSuchBucket', 404],
    [new PutObjectCommand({ Bucket: 'no-bucket', Key: 'k', Body: '' }), 'NoSuchBucket', 404],
    [new ListObjectsV2Command({ Bucket: 'no-bucket' }), 'NoSuchBucket', 404],
    [new HeadObjectCommand({ Bucket, Key: 'nothing' }), 'NotFound', 404],
    [new CreateBucketCommand({ Bucket: 'Upper' }), 'InvalidBucketName', 400],
    [new GetObjectCommand({ Bucket: 'bk', Key: 'k' }), 'InvalidBucketName', 400],
    [new PutObjectCommand({ Bucket: 'b..k', Key: 'k', Body: '' }), 'InvalidBucketName', 400],
    [new ListObjectsV2Command({ Bucket: '.sluice' }), 'InvalidBucketName', 400],
    [new DeleteBucketCommand({ Bucket }), 'BucketNotEmpty', 409],
    [new PutObjectCommand({ Bucket, Key: 'k'.repeat(1025), Body: '' }), 'KeyTooLongError', 400],
    [new GetObjectCommand({ Bucket, Key: 'error', Range: 'bytes=5-' }), 'InvalidRange', 416],
    [new ListPartsCommand({ Bucket, Key: 'k', UploadId: '../..' }), 'NoSuchUpload', 404],
  ] as const)('answers the bad request %# with %s', async (command, name, status) => {
    await put('error', '12345');
    await expect(client.send(command as GetObjectCommand)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });
});
