/**
 * Verifies Signature Version 4, in the Authorization header and in the query of presigned URLs.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * By design: without configured credentials every signature is taken, but a presigned URL's end is kept all the same.
 * Gaps: Signature Version 4A, and Version 2 but for presigned URLs (`sigv2.ts`), are refused where credentials are
 * configured.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { amzDate, type Credentials, type SigningScope, signV4 } from '../../core/sigv4.ts';
import { SignatureError } from './signature-error.ts';
import type { SignedRequest } from './signed-request.ts';
import { isPresignedV2, verifyPresignedV2 } from './sigv2.ts';

/** A signature that holds. */
export interface VerifiedSignature {
  /** Hexadecimal. */
  readonly signature: string;
  readonly scope: SigningScope;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
}

interface Claim extends VerifiedSignature {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly presigned: boolean;
  readonly expiresSeconds?: number;
}

const SKEW_MS = 15 * 60_000;

/**
 * Holds a request against the configured credentials.
 *
 * @returns undefined where none are configured
 * @throws SignatureError
 */
export function verifySignature(
  request: SignedRequest,
  credentials: Credentials | undefined,
  now: Date = new Date(),
): VerifiedSignature | undefined {
  const query = readQuery(request.url);
  if (isPresignedV2(query)) {
    verifyPresignedV2(request, query, credentials, now);
    return undefined;
  }
  const claim = readClaim(request, query);
  if (claim?.expiresSeconds !== undefined) checkExpiry(claim, claim.expiresSeconds, now);
  if (!credentials) return undefined;
  if (!claim) throw new SignatureError('AccessDenied', 'Access Denied');
  if (claim.accessKeyId !== credentials.accessKeyId) {
    throw new SignatureError(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  if (!claim.presigned && Math.abs(parseAmzDate(claim.date) - now.getTime()) > SKEW_MS) {
    throw new SignatureError(
      'RequestTimeTooSkewed',
      "The difference between the request time and the server's time is too large.",
    );
  }
  if (!equals(expectedSignature(request, query, claim, credentials), claim.signature)) {
    throw new SignatureError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  return claim;
}

function readClaim(request: SignedRequest, query: readonly (readonly [string, string])[]): Claim | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return readHeaderClaim(authorization, request.headers);
  const fields = Object.fromEntries(query.map(([name, value]) => [name.toLowerCase(), value]));
  return fields['x-amz-signature'] === undefined ? undefined : readQueryClaim(fields);
}

function readHeaderClaim(authorization: string, headers: IncomingHttpHeaders): Claim | undefined {
  if (!authorization.startsWith('AWS4-HMAC-SHA256')) return undefined;
  const fields = new Map(
    authorization
      .slice('AWS4-HMAC-SHA256'.length)
      .split(',')
      .map((field) => {
        const [name = '', value = ''] = field.trim().split(/=(.*)/s);
        return [name, value] as const;
      }),
  );
  const credential = parseCredential(fields.get('Credential'));
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders');
  const date = String(headers['x-amz-date'] ?? (headers.date ? amzDate(new Date(headers.date)) : ''));
  if (!credential || !signature || !signedHeaders || !/^\d{8}T\d{6}Z$/.test(date)) {
    throw new SignatureError(
      'AuthorizationHeaderMalformed',
      'The authorization header that you provided is not valid.',
    );
  }
  return { ...credential, signature, signedHeaders: signedHeaders.split(';'), date, presigned: false };
}

function readQueryClaim(fields: Readonly<Record<string, string | undefined>>): Claim {
  const credential = parseCredential(fields['x-amz-credential']);
  const signature = fields['x-amz-signature'];
  const signedHeaders = fields['x-amz-signedheaders'];
  const date = fields['x-amz-date'] ?? '';
  const expiresSeconds = Number(fields['x-amz-expires']);
  const valid = Number.isInteger(expiresSeconds) && expiresSeconds >= 0 && expiresSeconds <= 604_800;
  if (!credential || !signature || !signedHeaders || !/^\d{8}T\d{6}Z$/.test(date) || !valid) {
    throw new SignatureError(
      'AuthorizationQueryParametersError',
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  return {
    ...credential,
    signature,
    signedHeaders: signedHeaders.split(';'),
    date,
    presigned: true,
    expiresSeconds,
  };
}

function parseCredential(text: string | undefined): { accessKeyId: string; scope: SigningScope } | undefined {
  const parts = (text ?? '').split('/');
  if (parts.length < 5 || parts.at(-1) !== 'aws4_request') return undefined;
  const [date = '', region = '', service = ''] = parts.slice(-4, -1);
  return { accessKeyId: parts.slice(0, -4).join('/'), scope: { date, region, service } };
}

function checkExpiry({ date }: Claim, seconds: number, now: Date): void {
  const start = parseAmzDate(date);
  if (now.getTime() > start + seconds * 1000) throw new SignatureError('AccessDenied', 'Request has expired');
  if (now.getTime() < start - SKEW_MS) throw new SignatureError('AccessDenied', 'Request is not yet valid');
}

function expectedSignature(
  request: SignedRequest,
  query: readonly (readonly [string, string])[],
  claim: Claim,
  credentials: Credentials,
): string {
  const given = request.headers['x-amz-content-sha256'];
  const payloadHash = claim.presigned
    ? 'UNSIGNED-PAYLOAD'
    : (request.payloadHash ?? String(given ?? 'UNSIGNED-PAYLOAD'));
  const parts = {
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '/',
    query: query.filter(([name]) => name.toLowerCase() !== 'x-amz-signature'),
    headers: claim.signedHeaders.map((name) => [name, headerText(request.headers[name])] as const),
    payloadHash,
  };
  return signV4(parts, claim.date, claim.scope, credentials.secretAccessKey);
}

function headerText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** Names and values decoded; a `+` stays one, as in the text that is signed. */
function readQuery(url: string): [string, string][] {
  const start = url.indexOf('?');
  if (start < 0) return [];
  return url
    .slice(start + 1)
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [decode(name), decode(value)];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SignatureError('AuthorizationQueryParametersError', 'The query is not valid percent-encoding.');
  }
}

function parseAmzDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function equals(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
