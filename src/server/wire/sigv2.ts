/**
 * Verifies presigned URLs of Signature Version 2, which boto3 and the AWS CLI still make for us-east-1.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { amzDate } from '../../core/sigv4.ts';
import type { AccessKey, Keyring } from './keyring.ts';
import { SignatureError } from './signature-error.ts';
import type { Query, SignedRequest } from './signed-request.ts';

/** Query parameters that are part of what is signed: all that make another operation of a request. */
const signedParameters = new Set([
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'defaultObjectAcl',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'retention',
  'select',
  'select-type',
  'storageClass',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
]);

/** True for a URL with a signature of Version 2. */
export function isPresignedV2(query: Query): boolean {
  return ['AWSAccessKeyId', 'Signature', 'Expires'].every((name) => query.some(([one]) => one === name));
}

/**
 * Keeps the URL's end; its signature where keys are configured.
 *
 * @returns who has signed it
 * @throws SignatureError
 */
export async function verifyPresignedV2(
  request: SignedRequest,
  query: Query,
  keyring: Keyring | undefined,
  now: Date,
): Promise<AccessKey | undefined> {
  const fields = new Map(query);
  const expires = Number(fields.get('Expires') || Number.NaN);
  if (!Number.isInteger(expires) || Math.abs(expires) > 8_640_000_000_000)
    throw new SignatureError('Expired', { message: 'Invalid date (should be seconds since epoch)' });
  if (now.getTime() > expires * 1000)
    throw new SignatureError('Expired', { presigned: true, expected: amzDate(new Date(expires * 1000)) });
  if (!keyring) return undefined;
  const token = query.find(([name]) => name.toLowerCase() === 'x-amz-security-token')?.[1];
  const key = await keyring.find(fields.get('AWSAccessKeyId') ?? '', token);
  const expected = createHmac('sha1', key.secretAccessKey)
    .update(textToSign(request, query, expires))
    .digest();
  const given = Buffer.from(fields.get('Signature') ?? '', 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return key;
  throw new SignatureError('Mismatch');
}

function textToSign(
  { method, url, headers, virtualBucket }: SignedRequest,
  query: Query,
  expires: number,
): string {
  const amz = [
    ...Object.entries(headers),
    ...query.filter(([name]) => name.toLowerCase().startsWith('x-amz-')),
  ]
    .filter(([name]) => name.toLowerCase().startsWith('x-amz-'))
    .map(([name, value]) => `${name.toLowerCase()}:${String(value).trim()}\n`)
    .sort();
  const path = url.split('?', 1)[0] ?? '/';
  const signed = query
    .filter(([name]) => signedParameters.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort();
  const resource = `${virtualBucket === undefined ? '' : `/${virtualBucket}`}${path}${signed.length > 0 ? `?${signed.join('&')}` : ''}`;
  return [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    expires,
    amz.join('') + resource,
  ].join('\n');
}
