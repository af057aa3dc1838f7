import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

describe('what an upload asks for', () => {
  let s3: TestS3;
  let client: S3Client;
  const Bucket = 'bucket';
  beforeAll(async () => {
    s3 = await startS3({ verify: false });
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

  const put = (Key: string, more: Partial<PutObjectCommandInput> = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body: 'body', ...more }));
  const head = (Key: string) => client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
  /** The error of a plain request: its code, and the elements beside it. */
  async function refusal(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
    const answer = await fetch(`${s3.url}/${path}`, { method, headers, ...(body !== undefined && { body }) });
    const text = await answer.text();
    const elements = [...text.matchAll(/<(\w[\w-]*)>([^<]*)<\/\1>/g)].map(([, name, value]) => [name, value]);
    return { status: answer.status, ...(Object.fromEntries(elements) as Record<string, string>) };
  }

  it.each([
    [{ ServerSideEncryption: 'AES256' }],
    [{ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/mine', BucketKeyEnabled: true }],
  ] as const)('is kept and answered: %j', async (settings) => {
    const Key = 'encrypted';
    expect(await put(Key, settings)).toMatchObject(settings);
    expect(await head(Key)).toMatchObject(settings);
    const { UploadId, ...created } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ...settings }),
    );
    expect(created).toMatchObject(settings);
    const part = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'part' }),
    );
    expect(part).toMatchObject(settings);
    const Parts = [{ PartNumber: 1, ETag: part.ETag }];
    const done = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(done).toMatchObject(settings);
    expect(await head(Key)).toMatchObject(settings);
  });

  it('is a storage class, which listings and attributes show too', async () => {
    await put('classed/ia', { StorageClass: 'STANDARD_IA' });
    await put('classed/standard', { StorageClass: 'STANDARD' });
    expect((await head('classed/ia')).StorageClass).toBe('STANDARD_IA');
    expect((await head('classed/standard')).StorageClass).toBeUndefined();
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'classed/' }));
    expect(Contents?.map(({ StorageClass }) => StorageClass)).toEqual(['STANDARD_IA', 'STANDARD']);
    expect(Contents?.[0]).toMatchObject({ ChecksumAlgorithm: ['CRC32'], ChecksumType: 'FULL_OBJECT' });
    const attributes = new GetObjectAttributesCommand({
      Bucket,
      Key: 'classed/ia',
      ObjectAttributes: ['StorageClass'],
    });
    expect((await client.send(attributes)).StorageClass).toBe('STANDARD_IA');
    const upload = { Bucket, Key: 'classed/parts', StorageClass: 'GLACIER_IR' } as const;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
    const parts = await client.send(new ListPartsCommand({ Bucket, Key: 'classed/parts', UploadId }));
    expect(parts.StorageClass).toBe('GLACIER_IR');
  });

  it('is read from the query of a presigned URL too', async () => {
    const fields = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'any/20260101/us-east-1/s3/aws4_request',
      'X-Amz-Date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
      'X-Amz-Expires': '600',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': '0'.repeat(64),
      'x-amz-meta-colour': 'blue',
      'x-amz-storage-class': 'STANDARD_IA',
    });
    const answer = await fetch(`${s3.url}/bucket/presigned?${fields}`, { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(200);
    expect(await head('presigned')).toMatchObject({
      Metadata: { colour: 'blue' },
      StorageClass: 'STANDARD_IA',
    });
    fields.set('x-amz-server-side-encryption-customer-algorithm', 'AES256');
    expect(await refusal('PUT', `bucket/presigned?${fields}`, {}, 'x')).toMatchObject({
      Code: 'NotImplemented',
    });
  });

  it.each([
    ['x-amz-website-redirect-location', '/a\r\nb: c'],
    ['x-amz-meta-a b', 'x'],
    ['x-amz-meta-ä', 'x'],
  ])('is refused where no header could give it back: %s %j', async (name, value) => {
    const fields = new URLSearchParams({ 'X-Amz-Signature': '0', [name]: value });
    const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const signed = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=any/20260101/us-east-1/s3/aws4_request&X-Amz-Date=${date}&X-Amz-Expires=600&X-Amz-SignedHeaders=host`;
    expect(await refusal('PUT', `bucket/refused?${signed}&${fields}`, {}, 'x')).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
    });
  });

  const notImplemented = (Header: string) => ({ status: 501, Code: 'NotImplemented', Header });
  it.each([
    [
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
      notImplemented('x-amz-server-side-encryption-customer-algorithm'),
    ],
    [
      { 'x-amz-server-side-encryption-customer-key': 'a2V5' },
      notImplemented('x-amz-server-side-encryption-customer-key'),
    ],
    [{ 'x-amz-write-offset-bytes': '4' }, notImplemented('x-amz-write-offset-bytes')],
    [
      { 'x-amz-server-side-encryption': 'rot13' },
      { Code: 'InvalidArgument', ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: 'rot13' },
    ],
    [{ 'x-amz-server-side-encryption-aws-kms-key-id': 'key' }, { Code: 'InvalidArgument' }],
    [
      { 'x-amz-storage-class': 'FLOPPY' },
      { status: 400, Code: 'InvalidStorageClass', StorageClassRequested: 'FLOPPY' },
    ],
    [
      { 'x-amz-object-lock-mode': 'GOVERNANCE' },
      { status: 400, Code: 'InvalidRequest', Message: 'Bucket is missing Object Lock Configuration' },
    ],
    [{ 'x-amz-object-lock-legal-hold': 'ON' }, { Code: 'InvalidRequest' }],
    [
      { 'x-amz-acl': 'public-read' },
      { status: 400, Code: 'AccessControlListNotSupported', Message: 'The bucket does not allow ACLs' },
    ],
    [{ 'x-amz-grant-read': 'id=1' }, { Code: 'AccessControlListNotSupported' }],
    [{ 'x-amz-expected-bucket-owner': '999999999999' }, { status: 403, Code: 'AccessDenied' }],
    [{ 'x-amz-tagging': 'a=1&a=2' }, { Code: 'InvalidArgument', ArgumentName: 'x-amz-tagging' }],
    [{ 'x-amz-tagging': `${'k'.repeat(129)}=v` }, { Code: 'InvalidTag', TagKey: 'k'.repeat(129) }],
    [
      { 'x-amz-meta-large': 'x'.repeat(2048) },
      { status: 400, Code: 'MetadataTooLarge', Size: '2053', MaxSizeAllowed: '2048' },
    ],
  ])('is refused by name: %j', async (headers, expected) => {
    for (const [method, path] of [
      ['PUT', 'bucket/refused'],
      ['POST', 'bucket/refused?uploads'],
    ] as const)
      expect(
        await refusal(method, path, headers as Record<string, string>, method === 'PUT' ? 'x' : undefined),
      ).toMatchObject(expected);
    await expect(head('refused')).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('is refused for reading too, where it is a key of the client', async () => {
    await put('clear');
    const headers = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' };
    expect(await refusal('GET', 'bucket/clear', headers)).toMatchObject({ Code: 'NotImplemented' });
  });

  it.each(['private', 'bucket-owner-full-control'] as const)(
    'may be the access that holds anyway: %s',
    async (ACL) => {
      await put('mine', { ACL });
      await client.send(new PutObjectAclCommand({ Bucket, Key: 'mine', ACL }));
      const AccessControlPolicy = {
        Grants: [{ Grantee: { ID: 'other', Type: 'CanonicalUser' as const }, Permission: 'READ' as const }],
      };
      await expect(
        client.send(new PutObjectAclCommand({ Bucket, Key: 'mine', AccessControlPolicy })),
      ).rejects.toMatchObject({ name: 'AccessControlListNotSupported' });
    },
  );

  describe('of a copy', () => {
    const CopySource = `${Bucket}/source`;
    beforeAll(() =>
      put('source', {
        ContentType: 'text/a',
        Metadata: { a: '1' },
        StorageClass: 'STANDARD_IA',
        ServerSideEncryption: 'AES256',
        ChecksumAlgorithm: 'SHA1',
      }),
    );
    const copy = (Key: string, more: object = {}) =>
      client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));

    it('are content and metadata of its source, but class and encryption of the request', async () => {
      await copy('plain');
      const plain = await head('plain');
      expect(plain).toMatchObject({ ContentType: 'text/a', Metadata: { a: '1' } });
      expect([plain.StorageClass, plain.ServerSideEncryption]).toEqual([undefined, undefined]);
      const settings = { StorageClass: 'ONEZONE_IA', ServerSideEncryption: 'aws:kms' } as const;
      expect((await copy('given', settings)).ServerSideEncryption).toBe('aws:kms');
      expect(await head('given')).toMatchObject({ ...settings, Metadata: { a: '1' } });
    });

    it('is the checksum: that of its source, or of the algorithm that is asked for', async () => {
      const kept = await copy('same-sum');
      expect(kept.CopyObjectResult?.ChecksumSHA1).toBe((await head('source')).ChecksumSHA1);
      const { CopyObjectResult } = await copy('other-sum', { ChecksumAlgorithm: 'SHA256' });
      const { ChecksumSHA256 } = await put('sum', { ChecksumAlgorithm: 'SHA256' });
      expect(CopyObjectResult?.ChecksumSHA256).toBe(ChecksumSHA256);
      expect((await head('other-sum')).ChecksumSHA256).toBe(ChecksumSHA256);
    });

    it('may change the object itself: metadata, class, encryption or checksum, and nothing less', async () => {
      await expect(copy('source')).rejects.toMatchObject({ name: 'InvalidRequest' });
      await copy('source', { StorageClass: 'GLACIER_IR' });
      expect(await head('source')).toMatchObject({ StorageClass: 'GLACIER_IR', Metadata: { a: '1' } });
      await copy('source', { MetadataDirective: 'REPLACE', Metadata: { b: '2' } });
      expect((await head('source')).Metadata).toEqual({ b: '2' });
      await copy('source', { ChecksumAlgorithm: 'CRC32C' });
      expect((await head('source')).ChecksumCRC32C).toBeTruthy();
      const read = await client.send(new GetObjectCommand({ Bucket, Key: 'source' }));
      expect(await read.Body?.transformToString()).toBe('body');
    });
  });

  describe('errors', () => {
    beforeAll(() => put('there'));
    it.each([
      ['GET', 'bucket/nothing', {}, { Code: 'NoSuchKey', Key: 'nothing' }],
      ['GET', 'no-bucket/key', {}, { Code: 'NoSuchBucket', BucketName: 'no-bucket' }],
      ['DELETE', 'bucket', {}, { Code: 'BucketNotEmpty', BucketName: 'bucket' }],
      ['GET', 'bucket/there?uploadId=none', {}, { Code: 'NoSuchUpload', UploadId: 'none' }],
      ['PUT', 'bucket/there?uploadId=none&partNumber=1', {}, { Code: 'NoSuchUpload', UploadId: 'none' }],
      [
        'GET',
        'bucket/there',
        { 'if-match': '"other"' },
        { Code: 'PreconditionFailed', Condition: 'If-Match' },
      ],
      [
        'PUT',
        'bucket/there',
        { 'if-match': '"other"' },
        { Code: 'PreconditionFailed', Condition: 'If-Match' },
      ],
      [
        'PUT',
        'bucket/there',
        { 'if-none-match': '*' },
        { Code: 'PreconditionFailed', Condition: 'If-None-Match' },
      ],
      [
        'PUT',
        'bucket/copy',
        { 'x-amz-copy-source': 'bucket/there', 'x-amz-copy-source-if-match': '"other"' },
        { Code: 'PreconditionFailed', Condition: 'x-amz-copy-source-If-Match' },
      ],
      [
        'PUT',
        'bucket/there',
        { 'x-amz-decoded-content-length': String(6 * 2 ** 30) },
        {
          status: 400,
          Code: 'EntityTooLarge',
          Message: 'Your proposed upload exceeds the maximum allowed size',
          ProposedSize: String(6 * 2 ** 30),
          MaxSizeAllowed: String(5 * 2 ** 30),
        },
      ],
      [
        'PUT',
        `bucket/${'k'.repeat(1025)}`,
        {},
        { Code: 'KeyTooLongError', Size: '1025', MaxSizeAllowed: '1024' },
      ],
      [
        'GET',
        'bucket/there',
        { range: 'bytes=9-' },
        { Code: 'InvalidRange', RangeRequested: 'bytes=9-', ActualObjectSize: '4' },
      ],
      ['PATCH', 'bucket/there', {}, { Code: 'MethodNotAllowed', Method: 'PATCH', ResourceType: 'OBJECT' }],
      [
        'GET',
        'bucket/there?versionId=v',
        {},
        { Code: 'InvalidArgument', ArgumentName: 'versionId', ArgumentValue: 'v' },
      ],
    ] as const)('say what %s %s %j was about', async (method, path, headers, expected) => {
      const body = method === 'PUT' && !('x-amz-copy-source' in headers) ? 'new' : undefined;
      expect(await refusal(method, path, headers, body)).toMatchObject(expected);
    });

    it('say which part is wrong', async () => {
      const Key = 'parts';
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const part = (number: number) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>"${'0'.repeat(32)}"</ETag></Part>`;
      const complete = (parts: string) =>
        refusal(
          'POST',
          `bucket/${Key}?uploadId=${UploadId}`,
          {},
          `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`,
        );
      expect(await complete(part(1))).toMatchObject({
        Code: 'InvalidPart',
        UploadId,
        PartNumber: '1',
        ETag: '0'.repeat(32),
      });
      expect(await complete(part(2) + part(1))).toMatchObject({ Code: 'InvalidPartOrder', UploadId });
    });
  });
});
