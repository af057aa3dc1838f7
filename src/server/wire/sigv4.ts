/**
 * Verifies Signature Version 4, in the Authorization header and in the query of presigned URLs.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html ("you must include the host
 * header … and any x-amz-* headers in the request").
 * By design: without configured credentials every signature is taken, but a presigned URL's end is kept all the same.
 * Gaps: Signature Version 4A, and Version 2 but for presigned URLs of S3 (`sigv2.ts`), are refused where credentials are
 * configured.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { amzDate, type SigningScope, signV4 } from '../../core/sigv4.ts';
import type { AccessKey, Keyring } from './keyring.ts';
import { type Claim, parseAmzDate, readClaim } from './read-claim.ts';
import { sameBytes } from './same-bytes.ts';
import { SignatureError } from './signature-error.ts';
import type { Query, SignatureDemand, SignedRequest } from './signed-request.ts';
import { isPresignedV2, verifyPresignedV2 } from './sigv2.ts';

/** A signature that holds. */
export interface VerifiedSignature {
  /** Hexadecimal; of Version 2 empty. */
  readonly signature: string;
  readonly scope: SigningScope;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
  /** Who has signed. */
  readonly key: AccessKey;
}

const SKEW_MS = 15 * 60_000;

/**
 * Holds a request against the keys that there are, and against what it calls.
 *
 * @returns undefined where no keys are configured
 * @throws SignatureError
 */
export async function verifySignature(
  request: SignedRequest,
  keyring: Keyring | undefined,
  demand: SignatureDemand,
  now: Date = new Date(),
): Promise<VerifiedSignature | undefined> {
  const prove = await admitSignature(request, keyring, demand, now);
  return prove?.();
}

/**
 * All of {@link verifySignature} that needs no body: whoever has no key at all is refused before one is read.
 *
 * @returns holds the signature itself against the request, given the hexadecimal SHA-256 of its body where the service
 *   signs that; it throws SignatureError. Undefined where no keys are configured
 * @throws SignatureError
 */
export async function admitSignature(
  request: SignedRequest,
  keyring: Keyring | undefined,
  demand: SignatureDemand,
  now: Date = new Date(),
): Promise<((payloadHash?: string) => VerifiedSignature) | undefined> {
  const query = readQuery(request.url);
  if (demand.service === 's3' && isPresignedV2(query)) {
    if (keyring && request.headers.authorization !== undefined)
      throw new SignatureError('SeveralAuthentications');
    const key = await verifyPresignedV2(request, query, keyring, now);
    const scope = { date: '', region: '', service: 's3' };
    return key && (() => ({ key, signature: '', scope, date: '' }));
  }
  const claim = readClaim(request.headers, query);
  if (claim?.expiresSeconds !== undefined) checkExpiry(claim, claim.expiresSeconds, now);
  if (!keyring) return undefined;
  if (!claim) throw new SignatureError('MissingAuthentication');
  checkOneSignature(claim, query);
  checkScope(claim, demand);
  checkSignedHeaders(claim, request.headers);
  const key = await keyring.find(claim.accessKeyId, claim.sessionToken);
  if (!claim.presigned) checkSkew(claim, now);
  const { signature, scope, date } = claim;
  return (payloadHash = '') => {
    const expected = expectedSignature({ ...request, payloadHash }, query, claim, demand, key);
    if (!sameBytes(expected, signature)) throw new SignatureError('Mismatch', { given: signature });
    return { signature, scope, date, key };
  };
}

function checkOneSignature({ presigned }: Claim, query: Query): void {
  const inQuery = query.some(([name]) => /^(x-amz-signature|x-amz-algorithm|signature)$/i.test(name));
  if (!presigned && inQuery) throw new SignatureError('SeveralAuthentications');
}

/** A signature for one service is none for another: a URL of S3 opens S3 alone. */
function checkScope({ scope, date, presigned }: Claim, { service, regions }: SignatureDemand): void {
  if (scope.service !== service)
    throw new SignatureError('WrongService', { presigned, expected: service, given: scope.service });
  if (!regions.includes(scope.region))
    throw new SignatureError('WrongRegion', { presigned, expected: regions[0], given: scope.region });
  if (scope.date !== date.slice(0, 8))
    throw new SignatureError('WrongDate', { presigned, expected: date.slice(0, 8), given: scope.date });
}

/** What is not signed may have been added by whoever has the URL. */
function checkSignedHeaders({ signedHeaders, presigned }: Claim, headers: IncomingHttpHeaders): void {
  const missing = Object.keys(headers).filter(
    (name) => name.startsWith('x-amz-') && !signedHeaders.includes(name),
  );
  if (!signedHeaders.includes('host')) missing.unshift('host');
  if (missing.length > 0) throw new SignatureError('HeadersNotSigned', { presigned, headers: missing });
}

function checkExpiry({ date }: Claim, seconds: number, now: Date): void {
  const start = parseAmzDate(date);
  const end = start + seconds * 1000;
  if (now.getTime() > end)
    throw new SignatureError('Expired', { presigned: true, given: date, expected: amzDate(new Date(end)) });
  if (now.getTime() < start - SKEW_MS)
    throw new SignatureError('NotYetValid', { presigned: true, given: date });
}

function checkSkew({ date }: Claim, now: Date): void {
  if (Math.abs(parseAmzDate(date) - now.getTime()) <= SKEW_MS) return;
  throw new SignatureError('Skewed', { given: date, expected: amzDate(now) });
}

function expectedSignature(
  request: SignedRequest & { readonly payloadHash: string },
  query: Query,
  claim: Claim,
  { service }: SignatureDemand,
  { secretAccessKey }: AccessKey,
): string {
  const parts = {
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '/',
    query: query.filter(([name]) => name.toLowerCase() !== 'x-amz-signature'),
    headers: claim.signedHeaders.map((name) => [name, headerText(request.headers, name)] as const),
    payloadHash: service === 's3' ? s3PayloadHash(request, claim) : request.payloadHash,
  };
  return signV4(parts, claim.date, claim.scope, secretAccessKey);
}

/** S3 signs what a header says of the body; of a presigned URL, whoever uses it decides on the body. */
function s3PayloadHash({ headers }: SignedRequest, { presigned }: Claim): string {
  const given = headers['x-amz-content-sha256'];
  return presigned ? 'UNSIGNED-PAYLOAD' : String(given ?? 'UNSIGNED-PAYLOAD');
}

/** The names are the client's: `constructor` is no header that has come. */
function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
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
    throw new SignatureError('Malformed', {
      presigned: true,
      message: 'The query is not valid percent-encoding.',
    });
  }
}
