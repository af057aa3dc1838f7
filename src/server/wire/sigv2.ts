/**
 * Verifies presigned URLs of Signature Version 2, which boto3 and the AWS CLI still make for us-east-1.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../../core/sigv4.ts';
import { SignatureError } from './signature-error.ts';
import type { SignedRequest } from './signed-request.ts';

type Query = readonly (readonly [string, string])[];

/** Query parameters that are part of what is signed. */
const signedParameters = new Set([
  'accelerate',
  'acl',
  'cors',
  'defaultObjectAcl',
  'delete',
  'encryption',
  'lifecycle',
  'location',
  'logging',
  'notification',
  'partNumber',
  'policy',
  'replication',
  'requestPayment',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
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

/** Keeps the URL's end; its signature where credentials are configured. @throws SignatureError */
export function verifyPresignedV2(
  request: SignedRequest,
  query: Query,
  credentials: Credentials | undefined,
  now: Date,
): void {
  const fields = new Map(query);
  const expires = Number(fields.get('Expires'));
  if (!Number.isInteger(expires))
    throw new SignatureError('AccessDenied', 'Invalid date (should be seconds since epoch)');
  if (now.getTime() > expires * 1000) throw new SignatureError('AccessDenied', 'Request has expired');
  if (!credentials) return;
  if (fields.get('AWSAccessKeyId') !== credentials.accessKeyId) {
    throw new SignatureError(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const expected = createHmac('sha1', credentials.secretAccessKey)
    .update(textToSign(request, query, expires))
    .digest();
  const given = Buffer.from(fields.get('Signature') ?? '', 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new SignatureError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}

function textToSign(
  { method, url, headers, bucket = '' }: SignedRequest,
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
  const inPath = path === `/${bucket}` || path.startsWith(`/${bucket}/`);
  const signed = query
    .filter(([name]) => signedParameters.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort();
  const resource = `${inPath || bucket === '' ? '' : `/${bucket}`}${path}${signed.length > 0 ? `?${signed.join('&')}` : ''}`;
  return [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    expires,
    amz.join('') + resource,
  ].join('\n');
}
