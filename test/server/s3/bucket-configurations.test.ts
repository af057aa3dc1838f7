import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketConfigurations } from '../../../src/server/s3/bucket-configurations.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

/** A valid document of each, and with what a write is answered. */
const documents: Readonly<Record<string, readonly [document: string, status: number, code?: string]>> = {
  accelerate: ['<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>', 200],
  cors: [
    '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>',
    200,
  ],
  encryption: [
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
    200,
  ],
  lifecycle: [
    '<LifecycleConfiguration><Rule><ID>old</ID><Filter/><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>',
    200,
  ],
  logging: ['<BucketLoggingStatus/>', 200],
  notification: ['<NotificationConfiguration/>', 200],
  'object-lock': ['<ObjectLockConfiguration/>', 409, 'InvalidBucketState'],
  ownershipControls: [
    '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>',
    200,
  ],
  policy: ['{"Version":"2012-10-17","Statement":[]}', 204],
  publicAccessBlock: [
    '<PublicAccessBlockConfiguration><BlockPublicAcls>false</BlockPublicAcls></PublicAccessBlockConfiguration>',
    200,
  ],
  replication: ['<ReplicationConfiguration/>', 501, 'NotImplemented'],
  requestPayment: [
    '<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>',
    200,
  ],
  tagging: ['<Tagging><TagSet><Tag><Key>team</Key><Value>a b</Value></Tag></TagSet></Tagging>', 204],
  versioning: ['<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>', 200],
  website: ['<WebsiteConfiguration/>', 501, 'NotImplemented'],
};

describe('the configurations of a bucket', () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startS3({ verify: false });
    await s3.store.createBucket('bucket');
    await s3.store.put('bucket', 'key', 'kept');
  });
  afterAll(async () => {
    await s3?.close();
  });

  async function send(method: string, path: string, body?: string) {
    const answer = await fetch(`${s3.url}/${path}`, { method, ...(body !== undefined && { body }) });
    return { status: answer.status, text: await answer.text() };
  }

  it('are all tried here', () => {
    expect(Object.keys(documents)).toEqual(Object.keys(bucketConfigurations));
  });

  const stable = (text: string) => text.replaceAll(/<(RequestId|HostId)>\w+/g, '');

  it.each(Object.entries(documents).filter(([, [, , code]]) => code !== undefined))(
    '%s is refused, and changes nothing',
    async (name, [given, status, code]) => {
      const before = await send('GET', `bucket?${name}`);
      const written = await send('PUT', `bucket?${name}`, given);
      expect(written.status).toBe(status);
      expect(/<Code>(\w+)/.exec(written.text)?.[1]).toBe(code);
      expect(stable((await send('GET', `bucket?${name}`)).text)).toBe(stable(before.text));
    },
  );

  it.each(Object.entries(documents).filter(([, [, , code]]) => code === undefined))(
    '%s is kept, returned and deleted',
    async (name, [given, status]) => {
      const before = await send('GET', `bucket?${name}`);
      expect((await send('PUT', `bucket?${name}`, given)).status).toBe(status);
      expect(await send('GET', `bucket?${name}`)).toEqual({ status: 200, text: given });
      const { deletable, deleted, absent } = bucketConfigurations[name] ?? {};
      expect((await send('DELETE', `bucket?${name}`)).status).toBe(deletable ? 204 : 405);
      const after = (await send('GET', `bucket?${name}`)).text;
      const expected = deleted ?? absent;
      const untouched = typeof expected === 'string' ? `<Code>${expected}</Code>` : stable(before.text);
      expect(deletable ? stable(after) : given).toContain(deletable ? untouched : given);
    },
  );

  it.each([
    ['versioning', '<VersioningConfiguration/>', 'IllegalVersioningConfigurationException'],
    [
      'versioning',
      '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
      'NotImplemented',
    ],
    [
      'notification',
      '<NotificationConfiguration><QueueConfiguration><Queue>arn</Queue></QueueConfiguration></NotificationConfiguration>',
      'NotImplemented',
    ],
    [
      'ownershipControls',
      '<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>',
      'NotImplemented',
    ],
    ['policy', 'Version', 'MalformedPolicy'],
    ['policy', '{"Version"', 'MalformedPolicy'],
    ['tagging', '<Tagging><TagSet><Tag><Key/><Value/></Tag></TagSet></Tagging>', 'InvalidTag'],
    ['tagging', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>', 'MalformedXML'],
    ['lifecycle', '<Lifecycle/>', 'MalformedXML'],
    ['lifecycle', 'not XML', 'MalformedXML'],
  ])('%s refuses %s with %s', async (name, given, code) => {
    expect((await send('PUT', `bucket?${name}`, given)).text).toContain(`<Code>${code}</Code>`);
  });

  it.each([
    ['DELETE', 'bucket?inventory&id=1', 501],
    ['DELETE', 'bucket?acl', 405],
    ['DELETE', 'bucket?location', 405],
    ['DELETE', 'bucket?unheard-of', 501],
    ['PUT', 'bucket?metrics&id=1', 501],
    ['GET', 'bucket?analytics', 501],
    ['DELETE', 'bucket/key?acl', 405],
    ['DELETE', 'bucket/key?retention', 400],
    ['PUT', 'bucket/key?legal-hold', 400],
    ['PUT', 'bucket/key?uploads', 405],
    ['PUT', 'bucket/key?unheard-of', 501],
    ['DELETE', 'bucket/key?versionId=other', 400],
  ])('%s %s is not taken for the plain operation', async (method, path, status) => {
    expect((await send(method, path, method === 'PUT' ? 'other' : undefined)).status).toBe(status);
    expect(await (await fetch(`${s3.url}/bucket/key`)).text()).toBe('kept');
  });

  it('go with the bucket', async () => {
    await send('PUT', 'short-lived');
    await send('PUT', 'short-lived?tagging', documents['tagging']?.[0]);
    await send('DELETE', 'short-lived');
    await send('PUT', 'short-lived');
    expect((await send('GET', 'short-lived?tagging')).status).toBe(404);
  });

  it.each([
    ['eu-west-1', 'eu-west-1', 'eu-west-1'],
    ['EU', 'EU', 'eu-west-1'],
  ])('keep the location %s', async (given, location, region) => {
    const bucket = `in-${given.toLowerCase()}`;
    const body = `<CreateBucketConfiguration><LocationConstraint>${given}</LocationConstraint></CreateBucketConfiguration>`;
    expect((await send('PUT', bucket, body)).status).toBe(200);
    expect((await send('GET', `${bucket}?location`)).text).toContain(`>${location}</LocationConstraint>`);
    const head = await fetch(`${s3.url}/${bucket}`, { method: 'HEAD' });
    expect(head.headers.get('x-amz-bucket-region')).toBe(region);
  });

  it.each([
    ['us-east-1', 'InvalidLocationConstraint'],
    ['../../x', 'InvalidLocationConstraint'],
  ])('refuse the location %s', async (given, code) => {
    const body = `<CreateBucketConfiguration><LocationConstraint>${given}</LocationConstraint></CreateBucketConfiguration>`;
    const { text } = await send('PUT', 'not-made', body);
    expect(text).toContain(`<Code>${code}</Code>`);
    expect(text).toContain(`<LocationConstraint>${given}</LocationConstraint>`);
    expect(await s3.store.bucketExists('not-made')).toBe(false);
  });

  it.each([
    [{ 'x-amz-bucket-object-lock-enabled': 'true' }, 'NotImplemented'],
    [{ 'x-amz-object-ownership': 'ObjectWriter' }, 'NotImplemented'],
    [{ 'x-amz-acl': 'public-read' }, 'InvalidBucketAclWithObjectOwnership'],
    [{ 'x-amz-grant-read': 'id=1' }, 'InvalidBucketAclWithObjectOwnership'],
  ])('are refused where a new bucket asks for %j', async (headers, code) => {
    const answer = await fetch(`${s3.url}/not-made`, { method: 'PUT', headers });
    expect(await answer.text()).toContain(`<Code>${code}</Code>`);
    expect(await s3.store.bucketExists('not-made')).toBe(false);
  });
});
