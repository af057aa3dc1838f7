import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import { authorizeWith } from '../../../src/server/access/authorize.ts';
import { createKeyring } from '../../../src/server/access/create-keyring.ts';
import { createAwsApi } from '../../../src/server/aws-api.ts';
import { type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { type RawRequest, sendRaw } from '../../harness/raw-request.ts';
import { startS3, type TestS3, testCredentials } from '../../harness/s3-server.ts';
import { authorization, presign, presignV2, type SignOptions } from '../../harness/sign.ts';

let jobs: JobsFixture;
let s3: TestS3;
beforeAll(async () => {
  jobs = await openJobs();
  const keyring = createKeyring([testCredentials]);
  const api = createAwsApi({
    state: jobs.state,
    jobs: jobs.jobs,
    account: DEFAULT_ACCOUNT,
    clock: () => new Date(),
    log: () => undefined,
    authorize: authorizeWith({ keyring, account: DEFAULT_ACCOUNT }),
  });
  s3 = await startS3({ api });
  await s3.store.createBucket('bucket');
  await s3.store.put('bucket', 'key', Buffer.from('bytes'));
  await s3.store.put('bucket', 'bucket/key', Buffer.from('other bytes'));
});
afterAll(async () => {
  await s3.close();
  await jobs[Symbol.asyncDispose]();
});

const host = () => `127.0.0.1:${s3.port}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const signing = (more: Partial<SignOptions> = {}): SignOptions => ({
  path: '/bucket/key',
  host: host(),
  credentials: testCredentials,
  ...more,
});

/** Status and code of the answer, of whichever service. */
async function ask({ headers, ...request }: RawRequest): Promise<[number, string]> {
  const answer = await sendRaw(s3.port, { ...request, headers: { host: host(), ...headers } });
  const code = /<Code>(\w+)<\/Code>/.exec(answer.text)?.[1] ?? /"__type":"(\w+)"/.exec(answer.text)?.[1];
  return [answer.status, code ?? ''];
}

const message = async (request: RawRequest) =>
  (await sendRaw(s3.port, { ...request, headers: { host: host(), ...request.headers } })).text;

test.each([
  ['SageMaker', '/', { 'x-amz-target': 'SageMaker.ListTrainingJobs' }, 'sagemaker'],
  ['CloudWatch Logs', '/', { 'x-amz-target': 'Logs_20140328.PutLogEvents' }, 'logs'],
  ['SageMaker Runtime', '/endpoints/e/invocations', {}, 'sagemaker'],
  ['STS', '/', {}, 'sts'],
])('whoever has no key is refused by %s before a body is read', async (_name, path, headers, service) => {
  const stranger = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'unknown' };
  const signed = authorization({
    ...signing({ method: 'POST', path, service, headers, credentials: stranger }),
  });
  const sent = httpRequest({
    host: '127.0.0.1',
    port: s3.port,
    agent: false,
    method: 'POST',
    path,
    headers: { host: host(), ...headers, ...signed, 'content-length': 6_000_000 },
  });
  // The body never comes.
  sent.flushHeaders();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(403);
  expect(await text(response)).toContain('The security token included in the request is invalid');
  sent.destroy();
});

describe('a presigned URL', () => {
  test('reads the object that it names', async () => {
    expect(await message({ path: presign(signing()) })).toBe('bytes');
    expect(await message({ path: presignV2(signing()) })).toBe('bytes');
  });

  test('with metadata or conditions that were signed is good with them', async () => {
    const headers = { 'x-amz-meta-a': 'b' };
    const path = presign(signing({ method: 'PUT', path: '/bucket/put', headers }));
    expect(await ask({ method: 'PUT', path, headers, body: 'x' })).toEqual([200, '']);
    expect(await ask({ method: 'PUT', path, body: 'x' })).toEqual([403, 'SignatureDoesNotMatch']);
  });

  test.each([
    ['GET', { 'x-amz-target': 'SageMaker.ListTrainingJobs' }, 403, 'InvalidSignatureException'],
    ['POST', { 'x-amz-target': 'SageMaker.CreateTrainingJob' }, 403, 'InvalidSignatureException'],
    ['POST', { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' }, 403, 'InvalidSignatureException'],
    ['GET', { 'x-amz-target': 'Other.Operation' }, 403, 'InvalidSignatureException'],
    ['PUT', { 'x-amz-copy-source': '/bucket/key' }, 403, 'AccessDenied'],
    ['PUT', { 'x-amz-meta-a': 'b' }, 403, 'AccessDenied'],
    ['PUT', { 'x-amz-acl': 'public-read' }, 403, 'AccessDenied'],
    ['GET', { 'x-amz-expected-bucket-owner': '1' }, 403, 'AccessDenied'],
  ])('opens nothing else: %s with %j', async (method, headers, status, code) => {
    const path = presign(signing({ method }));
    expect(await ask({ method, path, headers, ...(method !== 'GET' && { body: '{}' }) })).toEqual([
      status,
      code,
    ]);
  });

  test('names the headers that are not signed', async () => {
    const answer = await message({
      path: presign(signing()),
      headers: { 'x-amz-meta-a': 'b', 'x-amz-b': 'c' },
    });
    expect(answer).toContain(
      '<Message>There were headers present in the request which were not signed</Message>',
    );
    expect(answer).toContain('<HeadersNotSigned>x-amz-meta-a, x-amz-b</HeadersNotSigned>');
  });

  test.each<[string, (url: string) => RawRequest]>([
    ['another key', (url) => ({ path: url.replace('/key', '/other') })],
    ['the bucket', (url) => ({ path: url.replace('/key', '') })],
    ['another method', (url) => ({ method: 'DELETE', path: url })],
    ['a sub-resource', (url) => ({ path: url.replace('?', '?acl&') })],
    ['a longer life', (url) => ({ path: url.replace('Expires=600', 'Expires=6000') })],
    ['another scope', (url) => ({ path: url.replace('AKIATEST', 'AKIATEST%2Fx') })],
    ['a signature that is no ASCII', (url) => ({ path: url.replace(/.$/, '%C3%A9') })],
    ['a signature of other length', (url) => ({ path: url.slice(0, -1) })],
    ['no signature at all', (url) => ({ path: url.replace(/&X-Amz-Signature=.*/, '') })],
    ['another host', (url) => ({ path: url, headers: { host: 'localhost' } })],
    ['a whole URL with a bucket in its host', (url) => ({ path: `http://bucket.localhost${url}` })],
    ['a header of no request', (url) => ({ path: url.replace('=host', '=host%3Bconstructor') })],
    ['a header that is none', (url) => ({ path: url.replace('=host', '=host%3B__proto__') })],
  ])('is good for no more: %s', async (_, change) => {
    const [status] = await ask(change(presign(signing())));
    expect(status).toBe(403);
  });

  test.each<[string, Partial<SignOptions>, number, string]>([
    ['over', { date: new Date(Date.now() - 700_000) }, 403, 'AccessDenied'],
    ['not yet good', { date: new Date(Date.now() + 3_600_000) }, 403, 'AccessDenied'],
    ['good for longer than a week', { expires: 604_801 }, 400, 'AuthorizationQueryParametersError'],
    ['of a negative life', { expires: -1 }, 400, 'AuthorizationQueryParametersError'],
    ['of another region', { region: 'eu-west-1' }, 400, 'AuthorizationQueryParametersError'],
    ['of another day', { day: '20200101' }, 400, 'AuthorizationQueryParametersError'],
    ['of another kind of S3', { service: 's3express' }, 400, 'AuthorizationQueryParametersError'],
    ['of another service', { service: 'sagemaker' }, 400, 'UnknownOperationException'],
    ['without a signed host', { signsHost: false, headers: { accept: '*/*' } }, 403, 'AccessDenied'],
    [
      'of an unknown key',
      { credentials: { ...testCredentials, accessKeyId: 'b' } },
      403,
      'InvalidAccessKeyId',
    ],
  ])('that is %s is refused', async (_, more, status, code) => {
    const path = presign(signing(more));
    const headers = { accept: '*/*' };
    const sent = more.service === 'sagemaker' ? presign(signing({ ...more, payloadHash: sha256('') })) : path;
    expect(await ask({ path: sent, headers })).toEqual([status, code]);
  });

  test('of Version 2 is S3 alone, and for what was signed', async () => {
    const path = presignV2(signing());
    const target = { 'x-amz-target': 'SageMaker.ListTrainingJobs' };
    expect(await ask({ path, headers: target })).toEqual([403, 'MissingAuthenticationTokenException']);
    expect((await ask({ path, headers: { host: 'bucket.localhost' } }))[1]).toBe('SignatureDoesNotMatch');
    for (const more of ['attributes', 'acl', 'retention', 'x-amz-copy-source=/bucket/key'])
      expect(await ask({ path: `${path}&${more}` })).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await ask({ path, headers: { 'x-amz-meta-a': 'b' } })).toEqual([403, 'SignatureDoesNotMatch']);
    expect((await ask({ path: path.replace(/Expires=\d+/, 'Expires=1') }))[1]).toBe('AccessDenied');
    expect((await ask({ path: path.replace(/Expires=\d+/, 'Expires=1e999') }))[1]).toBe('AccessDenied');
    expect((await ask({ path: path.replace(/Signature=.*/, 'Signature=%C3%A9') }))[0]).toBe(403);
  });
});

test('a presigned URL of a bucket in the host is good for that bucket alone', async () => {
  const virtual = 'bucket.localhost';
  const path = presign(signing({ path: '/key', host: virtual }));
  expect(await message({ path, headers: { host: virtual } })).toBe('bytes');
  await s3.store.createBucket('second');
  await s3.store.put('second', 'key', Buffer.from('not for you'));
  const inPath = presign(signing({ path: '/second/key', host: virtual }));
  expect(await ask({ path: inPath, headers: { host: virtual } })).toEqual([404, 'NoSuchKey']);
  for (const own of ['localhost', 'second.localhost', host()])
    expect((await ask({ path: `http://${own}${inPath}`, headers: { host: virtual } }))[0]).toBe(403);
});

describe('a request that is signed in its header', () => {
  test('is answered', async () => {
    expect(await message({ headers: authorization(signing()), path: '/bucket/key' })).toBe('bytes');
  });

  test.each<[string, Partial<SignOptions>, Record<string, string>, number, string]>([
    ['a header that is not signed', {}, { 'x-amz-meta-a': 'b' }, 403, 'AccessDenied'],
    [
      'the target of another service',
      {},
      { 'x-amz-target': 'SageMaker.ListTrainingJobs' },
      403,
      'InvalidSignatureException',
    ],
    [
      'a target that is signed, for S3',
      { headers: { 'x-amz-target': 'SageMaker.ListTrainingJobs' } },
      {},
      403,
      'InvalidSignatureException',
    ],
    ['another region', { region: 'eu-west-1' }, {}, 400, 'AuthorizationHeaderMalformed'],
    ['another day', { day: '20200101' }, {}, 400, 'AuthorizationHeaderMalformed'],
    ['no signed host', { signsHost: false }, {}, 403, 'AccessDenied'],
    ['an old date', { date: new Date(Date.now() - 1_000_000) }, {}, 403, 'RequestTimeTooSkewed'],
    ['a date that is none', {}, { 'x-amz-date': '20269999T999999Z' }, 400, 'AuthorizationHeaderMalformed'],
    [
      'an unknown key',
      { credentials: { ...testCredentials, accessKeyId: 'b' } },
      {},
      403,
      'InvalidAccessKeyId',
    ],
    [
      'a wrong secret',
      { credentials: { ...testCredentials, secretAccessKey: 'b' } },
      {},
      403,
      'SignatureDoesNotMatch',
    ],
  ])('with %s is refused', async (_, more, changed, status, code) => {
    const headers = { ...authorization(signing(more)), ...changed };
    expect(await ask({ path: '/bucket/key', headers })).toEqual([status, code]);
  });

  test.each([
    ['Signature=é', 403, 'SignatureDoesNotMatch'],
    ['Signature=\xff\xfe', 403, 'SignatureDoesNotMatch'],
    ['Signature=', 400, 'AuthorizationHeaderMalformed'],
  ])('with %j is refused', async (signature, status, code) => {
    const headers = authorization(signing());
    headers['authorization'] = (headers['authorization'] as string).replace(/Signature=.*/, signature);
    expect(await ask({ path: '/bucket/key', headers })).toEqual([status, code]);
  });

  test('and dated by a Date that is none is refused', async () => {
    const { 'x-amz-date': _, ...headers } = authorization(signing());
    expect(await ask({ path: '/bucket/key', headers: { ...headers, date: 'tomorrow' } })).toEqual([
      400,
      'AuthorizationHeaderMalformed',
    ]);
  });

  test('and in its query too is refused', async () => {
    for (const path of [presign(signing()), presignV2(signing())])
      expect(await ask({ path, headers: authorization(signing()) })).toEqual([400, 'InvalidArgument']);
  });

  test('for another region of S3 is told which one it is', async () => {
    const headers = authorization(signing({ region: 'eu-west-1' }));
    expect(await message({ path: '/bucket/key', headers })).toContain(
      "<Message>The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'</Message><Region>us-east-1</Region>",
    );
  });
});

describe('requests to SageMaker', () => {
  const target = {
    'x-amz-target': 'SageMaker.ListTrainingJobs',
    'content-type': 'application/x-amz-json-1.1',
  };
  const call = (more: Partial<SignOptions> = {}, changed: Record<string, string> = {}, body = '{}') => {
    const options = signing({ method: 'POST', path: '/', service: 'sagemaker', headers: target, ...more });
    const headers = { ...authorization({ ...options, payloadHash: sha256('{}') }), ...target, ...changed };
    return { method: 'POST', path: '/', headers, body };
  };

  test('are answered when they are signed', async () => {
    expect(await ask(call())).toEqual([200, '']);
  });

  test.each<[string, () => RawRequest, string]>([
    [
      'for S3',
      () => call({ service: 's3' }),
      "Credential should be scoped to correct service: 'sagemaker'. ",
    ],
    [
      'for another region',
      () => call({ region: 'eu-west-1' }),
      "Credential should be scoped to a valid region, not 'eu-west-1'. ",
    ],
    [
      'without the target',
      () => call({ headers: {} }),
      "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'without the host',
      () => call({ signsHost: false }),
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'with a header that is none',
      () => {
        const request = call();
        const { authorization: given = '', ...headers }: Record<string, string> = request.headers;
        const signed = given.replace('SignedHeaders=', 'SignedHeaders=toString;');
        return { ...request, headers: { ...headers, authorization: signed } };
      },
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ],
    [
      'for another body',
      () => call({}, {}, '{"MaxResults":1}'),
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ],
  ])('signed %s are refused', async (_, request, expected) => {
    const answer = JSON.parse(await message(request()));
    expect(answer).toEqual({ __type: 'InvalidSignatureException', message: expected });
  });
});

test('names of operations that there are not do not fill the metrics', async () => {
  const path = '/';
  for (const target of ['SageMaker.Junk', 'Other.Junk', 'SageMaker.constructor', 'SageMaker.ListModels'])
    await ask({ method: 'POST', path, headers: { 'x-amz-target': target }, body: '{}' });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const headers = { ...form, ...authorization(signing({ method: 'POST', path, service: 'sts' })) };
  await ask({ method: 'POST', path, headers, body: 'Action=Junk' });
  const metrics = await message({ path: '/_sluice/metrics' });
  expect(metrics).toContain('{service="sagemaker",operation="ListModels",status="403"}');
  expect(metrics).toContain('{service="sts",operation="none",status="403"}');
  expect(metrics).not.toMatch(/Junk|constructor/);
});

test('an invocation that is signed for S3 is no invocation', async () => {
  await s3.store.createBucket('endpoints');
  const path = '/endpoints/x/invocations';
  const headers = authorization(signing({ method: 'POST', path, query: { uploads: '' } }));
  expect(await ask({ method: 'POST', path: `${path}?uploads`, headers })).toEqual([200, '']);
  const unsigned = await ask({ method: 'POST', path });
  expect(unsigned[0]).toBe(403);
});

test('STS refuses in its own words and its own form', async () => {
  const config = { endpoint: s3.url, region: 'us-east-1', maxAttempts: 1 };
  const ask = async (credentials: typeof testCredentials) => {
    const client = new STSClient({ ...config, credentials });
    return client.send(new GetCallerIdentityCommand({})).finally(() => client.destroy());
  };
  expect(await ask(testCredentials)).toMatchObject({ Account: '123456789012' });
  await expect(ask({ ...testCredentials, accessKeyId: 'b' })).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
    message: 'The security token included in the request is invalid.',
  });
  await expect(ask({ ...testCredentials, secretAccessKey: 'b' })).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  });
});
