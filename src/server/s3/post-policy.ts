/**
 * The policy of a form: who allows it, until when, and what its fields may say.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html and
 * …/sigv4-authentication-HTTPPOST.html
 * By design: forms of Signature Version 2 are refused where keys are configured.
 */
import { type SigningScope, signPolicy } from '../../core/sigv4.ts';
import type { AccessKey, Keyring } from '../wire/keyring.ts';
import { sameBytes } from '../wire/same-bytes.ts';
import { SignatureError } from '../wire/signature-error.ts';
import { S3Error } from './s3-error.ts';
import { UPLOAD_LIMIT_BYTES } from './upload-body.ts';

type Fields = ReadonlyMap<string, string>;

/** How large the file may be, bytes. */
export interface SizeRange {
  readonly least: number;
  readonly most: number;
}

/** Fields that need no condition. */
const free = /^(x-amz-signature|awsaccesskeyid|signature|file|policy|x-ignore-.*)$/;

/**
 * Holds a form against the keys that there are.
 *
 * @returns the one that has signed it
 * @throws S3Error `AccessDenied`; SignatureError
 */
export async function verifyForm(
  fields: Fields,
  keyring: Keyring,
  regions: readonly string[],
): Promise<AccessKey> {
  const policy = fields.get('policy');
  const signature = fields.get('x-amz-signature');
  const [accessKeyId = '', date = '', region = '', service = '', last] = (
    fields.get('x-amz-credential') ?? ''
  ).split('/');
  if (policy === undefined || signature === undefined) throw new S3Error('AccessDenied');
  const known = fields.get('x-amz-algorithm') === 'AWS4-HMAC-SHA256' && last === 'aws4_request';
  if (!known || !fields.get('x-amz-date')?.startsWith(date)) throw new S3Error('AccessDenied');
  if (service !== 's3') throw new SignatureError('WrongService', { presigned: true, given: service });
  if (!regions.includes(region))
    throw new SignatureError('WrongRegion', { presigned: true, expected: regions[0], given: region });
  const key = await keyring.find(accessKeyId, fields.get('x-amz-security-token'));
  const scope: SigningScope = { date, region, service };
  if (!sameBytes(signPolicy(policy, scope, key.secretAccessKey), signature))
    throw new SignatureError('Mismatch', { given: signature });
  return key;
}

/**
 * Holds the fields against the form's own policy.
 *
 * @returns how large the file may be
 * @throws S3Error `AccessDenied`, `InvalidPolicyDocument`
 */
export function checkPolicy(fields: Fields, bucket: string, now: Date = new Date()): SizeRange {
  const encoded = fields.get('policy');
  let size: SizeRange = { least: 0, most: UPLOAD_LIMIT_BYTES };
  if (encoded === undefined) return size;
  const { expiration, conditions } = parsePolicy(encoded);
  if (Date.parse(expiration) <= now.getTime()) throw denied('Policy expired.');
  const values = new Map([...fields, ['bucket', bucket]]);
  const named = new Set<string>();
  for (const condition of conditions) {
    for (const [operator, name, value, most] of readCondition(condition)) {
      if (operator === 'content-length-range') {
        size = { least: Math.max(size.least, Number(value)), most: Math.min(size.most, Number(most)) };
        continue;
      }
      named.add(name);
      const given = values.get(name) ?? '';
      const holds = operator === 'eq' ? given === value : given.startsWith(value);
      if (!holds) throw denied(`Policy Condition failed: ${JSON.stringify([operator, `$${name}`, value])}`);
    }
  }
  const extra = [...values.keys()].filter((name) => !named.has(name) && !free.test(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return size;
}

function denied(why: string): S3Error {
  return new S3Error('AccessDenied', `Invalid according to Policy: ${why}`);
}

function parsePolicy(encoded: string): { expiration: string; conditions: readonly unknown[] } {
  try {
    const { expiration, conditions } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as Readonly<
      Record<string, unknown>
    >;
    if (typeof expiration === 'string' && !Number.isNaN(Date.parse(expiration)) && Array.isArray(conditions))
      return { expiration, conditions };
  } catch {
    // What is no JSON is no policy either.
  }
  throw new S3Error('InvalidPolicyDocument');
}

type Condition = readonly [operator: string, name: string, value: string, most: string];

/** `{"acl": "x"}` is `["eq", "$acl", "x"]`. */
function readCondition(condition: unknown): Condition[] {
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) throw new S3Error('InvalidPolicyDocument');
    return Object.entries(condition).map(([name, value]) => ['eq', name.toLowerCase(), String(value), '']);
  }
  const [operator, first, second] = condition.map(String) as [string, string, string];
  const kind = operator?.toLowerCase();
  if (condition.length !== 3) throw new S3Error('InvalidPolicyDocument');
  if (kind === 'content-length-range' && /^\d+$/.test(first) && /^\d+$/.test(second))
    return [[kind, '', first, second]];
  if ((kind === 'eq' || kind === 'starts-with') && first.startsWith('$'))
    return [[kind, first.slice(1).toLowerCase(), second, '']];
  throw new S3Error('InvalidPolicyDocument');
}
