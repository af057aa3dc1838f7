import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { amzDate, signPolicy } from '../../../src/core/sigv4.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

describe('an upload by the form of a browser', () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.store.createBucket('bucket');
  });
  afterAll(async () => {
    await s3?.close();
  });

  interface Form {
    readonly fields?: Readonly<Record<string, string>>;
    readonly conditions?: readonly unknown[];
    readonly expiresMs?: number;
    readonly file?: string | null;
    readonly secret?: string;
    readonly scope?: Partial<{ region: string; service: string }>;
    readonly unsigned?: boolean;
    /** That the policy names; null: none. */
    readonly bucket?: string | null;
  }

  async function post({ fields = {}, conditions = [], expiresMs = 60_000, file = 'body', ...more }: Form) {
    const form = new FormData();
    const all: Record<string, string> = { key: 'up/${filename}', ...fields };
    if (!more.unsigned) Object.assign(all, sign(conditions, expiresMs, more));
    for (const [name, value] of Object.entries(all)) form.append(name, value);
    if (file !== null) form.append('file', new Blob([file], { type: 'text/csv' }), 'a "b".csv');
    form.append('after', 'is ignored');
    const answer = await fetch(`${s3.url}/bucket`, { method: 'POST', body: form, redirect: 'manual' });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      code: /<Code>(\w+)/.exec(text)?.[1],
      message: /<Message>(.*)<\/Message>/.exec(text)?.[1],
    };
  }

  function sign(
    conditions: readonly unknown[],
    expiresMs: number,
    { secret, scope: other, bucket = 'bucket' }: Form,
  ) {
    const now = new Date();
    const date = amzDate(now);
    const scope = { date: date.slice(0, 8), region: 'us-east-1', service: 's3', ...other };
    const credential = `${s3.credentials.accessKeyId}/${scope.date}/${scope.region}/${scope.service}/aws4_request`;
    const ofSignature = {
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': credential,
      'x-amz-date': date,
    };
    const document = {
      expiration: new Date(now.getTime() + expiresMs).toISOString(),
      conditions: [
        ...(bucket === null ? [] : [{ bucket }]),
        ['starts-with', '$key', 'up/'],
        ofSignature,
        ...conditions,
      ],
    };
    const policy = Buffer.from(JSON.stringify(document)).toString('base64');
    return {
      ...ofSignature,
      policy,
      'x-amz-signature': signPolicy(policy, scope, secret ?? s3.credentials.secretAccessKey),
    };
  }

  it('is kept with its fields, under the name of its file', async () => {
    const fields = {
      'Content-Type': 'text/csv',
      'x-amz-meta-colour': 'blue',
      'x-amz-storage-class': 'STANDARD_IA',
      tagging: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
    };
    const conditions = Object.entries(fields).map(([name, value]) => ({ [name]: value }));
    const file = `\r\n--${'x'.repeat(300_000)}\r\n`;
    const { status, headers } = await post({ fields, conditions, file });
    expect(status).toBe(204);
    const object = await s3.store.head('bucket', 'up/a "b".csv');
    expect(object).toMatchObject({
      size: file.length,
      etag: headers.get('etag'),
      metadata: { colour: 'blue' },
      headers: { 'content-type': 'text/csv', 'x-amz-storage-class': 'STANDARD_IA' },
      tags: { a: 'b' },
    });
    const { body } = await s3.store.get('bucket', 'up/a "b".csv');
    expect(Buffer.concat(await Array.fromAsync(body)).toString()).toBe(file);
  });

  it.each([
    [
      'success_action_status',
      '201',
      201,
      '<Bucket>bucket</Bucket><Key>up/a &quot;b&quot;.csv</Key>',
      /^http/,
    ],
    ['success_action_status', '200', 200, '', /^http/],
    ['success_action_status', '500', 204, '', /^http/],
    [
      'success_action_redirect',
      'http://127.0.0.1/done?x=1',
      303,
      '',
      /^http:\/\/127\.0\.0\.1\/done\?x=1&bucket=bucket&key=up/,
    ],
    ['success_action_redirect', 'javascript:alert(1)', 204, '', /^http/],
  ])('is answered as %s %s says', async (name, value, status, text, location) => {
    const answer = await post({ fields: { [name]: value }, conditions: [[`starts-with`, `$${name}`, '']] });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(answer.headers.get('location')).toMatch(location);
  });

  it.each<[string, Form, number, string, RegExp]>([
    ['has no policy', { unsigned: true }, 403, 'AccessDenied', /Access Denied/],
    ['is signed with another secret', { secret: 'other' }, 403, 'SignatureDoesNotMatch', /signature/],
    [
      'is signed for another service',
      { scope: { service: 'sagemaker' } },
      400,
      'AuthorizationQueryParametersError',
      /service/,
    ],
    [
      'is signed for another region',
      { scope: { region: 'eu-west-1' } },
      400,
      'AuthorizationQueryParametersError',
      /region/,
    ],
    ['is too late', { expiresMs: -1000 }, 403, 'AccessDenied', /Policy expired\./],
    [
      'has another key than the policy allows',
      { fields: { key: 'elsewhere' } },
      403,
      'AccessDenied',
      /Policy Condition failed: \[&quot;starts-with&quot;,&quot;\$key&quot;,&quot;up\/&quot;\]/,
    ],
    [
      'has fields that the policy does not name',
      { fields: { 'x-amz-meta-a': 'b' } },
      403,
      'AccessDenied',
      /Extra input fields: x-amz-meta-a/,
    ],
    [
      'has a policy that names no bucket',
      { bucket: null },
      403,
      'AccessDenied',
      /Extra input fields: bucket/,
    ],
    [
      'is larger than the policy allows',
      { conditions: [['content-length-range', 0, 3]] },
      400,
      'EntityTooLarge',
      /maximum/,
    ],
    [
      'is smaller than the policy allows',
      { conditions: [['content-length-range', 5, 9]] },
      400,
      'EntityTooSmall',
      /minimum/,
    ],
    [
      'has a policy that is none',
      { conditions: [['like', '$key', 'x']] },
      400,
      'InvalidPolicyDocument',
      /policy document/,
    ],
    ['has no file', { file: null }, 400, 'IncorrectNumberOfFilesInPostRequest', /exactly one file/],
    [
      'has too large fields',
      { fields: { 'x-ignore-a': 'x'.repeat(30_000) } },
      400,
      'MaxPostPreDataLengthExceededError',
      /too large/,
    ],
    [
      'asks for a key of the client',
      {
        fields: { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
        conditions: [{ 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
      },
      501,
      'NotImplemented',
      /header/,
    ],
    [
      'has a value that no header can hold',
      { fields: { 'content-type': 'text/日本' }, conditions: [['starts-with', '$content-type', '']] },
      400,
      'InvalidArgument',
      /ISO-8859-1/,
    ],
    [
      'asks for public access',
      { fields: { acl: 'public-read' }, conditions: [{ acl: 'public-read' }] },
      400,
      'AccessControlListNotSupported',
      /ACLs/,
    ],
  ])('is refused when it %s', async (_, form, status, code, message) => {
    await s3.store.delete('bucket', 'up/a "b".csv');
    expect(await post(form)).toMatchObject({ status, code, message: expect.stringMatching(message) });
    expect(await Array.fromAsync(s3.store.list('bucket'))).toEqual([]);
  });

  it.each([
    ['text/plain', 'x'],
    ['multipart/form-data', 'x'],
    ['multipart/form-data; boundary=b', 'no delimiter'],
    ['multipart/form-data; boundary=b', '--b\r\n\r\n\r\nno name\r\n--b--\r\n'],
  ])('is refused as %s of %j', async (type, body) => {
    const answer = await fetch(`${s3.url}/bucket`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(type === 'text/plain' ? 403 : 400);
    expect(await answer.text()).toMatch(/<Code>(AccessDenied|MalformedPOSTRequest)</);
  });
});
