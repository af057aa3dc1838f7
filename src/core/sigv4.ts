import { createHash, createHmac } from 'node:crypto';

/** The parts of a request that Signature Version 4 covers. */
export interface SignedParts {
  readonly method: string;
  /** The path as it is sent, percent-encoded. */
  readonly path: string;
  /** Names and values, not encoded, without `X-Amz-Signature`. */
  readonly query: readonly (readonly [string, string])[];
  /** The headers that are signed: lower-case names. */
  readonly headers: readonly (readonly [string, string])[];
  /** Hexadecimal SHA-256 of the body, or one of S3's words such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

/** What a signature is made for. */
export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Access key and secret, with a session token where they are temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** `20260102T030405Z`. */
export function amzDate(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** RFC 3986, as AWS wants it: only letters, digits and `-._~` stay. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The signature, hexadecimal.
 *
 * @param amzDate `YYYYMMDDTHHMMSSZ`, as it is sent.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signV4(parts: SignedParts, date: string, scope: SigningScope, secret: string): string {
  const text = ['AWS4-HMAC-SHA256', date, formatScope(scope), sha256(canonicalRequest(parts))].join('\n');
  return hmac(signingKey(secret, scope), text).toString('hex');
}

/** The signature of a form's policy, which is signed as it stands there, in Base64. */
export function signPolicy(policy: string, scope: SigningScope, secret: string): string {
  return hmac(signingKey(secret, scope), policy).toString('hex');
}

/** The signature of one chunk of an `aws-chunked` body, which covers the signature before it. */
export function signChunk(
  kind: 'PAYLOAD' | 'TRAILER',
  chunk: {
    readonly date: string;
    readonly scope: SigningScope;
    readonly secret: string;
    readonly previous: string;
  },
  hash: string,
): string {
  const lines = [`AWS4-HMAC-SHA256-${kind}`, chunk.date, formatScope(chunk.scope), chunk.previous];
  if (kind === 'PAYLOAD') lines.push(sha256(''));
  return hmac(signingKey(chunk.secret, chunk.scope), [...lines, hash].join('\n')).toString('hex');
}

/** `20260102/us-east-1/s3/aws4_request`. */
export function formatScope({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** Adds what a request needs to be taken: date, payload hash, token, `authorization`. `headers` must hold `host`. */
export function signHeaders(
  request: Omit<SignedParts, 'headers'> & { readonly headers: Readonly<Record<string, string>> },
  credentials: Credentials,
  {
    region,
    service,
    now = new Date(),
  }: { readonly region: string; readonly service: string; readonly now?: Date },
): Record<string, string> {
  const date = amzDate(now);
  const scope = { date: date.slice(0, 8), region, service };
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-content-sha256': request.payloadHash,
    'x-amz-date': date,
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const signed = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const signature = signV4({ ...request, headers: signed }, date, scope, credentials.secretAccessKey);
  const names = signed.map(([name]) => name).join(';');
  const credential = `${credentials.accessKeyId}/${formatScope(scope)}`;
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

function canonicalRequest({ method, path, query, headers, payloadHash }: SignedParts): string {
  const pairs = query.map(([name, value]) => [encodeRfc3986(name), encodeRfc3986(value)] as const);
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  const lines = [...headers].sort(([a], [b]) => compare(a, b));
  return [
    method,
    path,
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    ...lines.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    lines.map(([name]) => name).join(';'),
    payloadHash,
  ].join('\n');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const keys = new Map<string, Buffer>();

function signingKey(secret: string, { date, region, service }: SigningScope): Buffer {
  const name = [secret, date, region, service].join('\0');
  let key = keys.get(name);
  if (!key) {
    key = [date, region, service, 'aws4_request'].reduce<Buffer>(
      (before, part) => hmac(before, part),
      Buffer.from(`AWS4${secret}`),
    );
    if (keys.size > 100) keys.clear();
    keys.set(name, key);
  }
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
