import { createHmac } from 'node:crypto';
import { amzDate, type Credentials, formatScope, signV4 } from '../../src/core/sigv4.ts';

/** What is signed, and how it differs from what a good client would sign. */
export interface SignOptions {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** All of them are signed. @default host alone, which is added to the others too */
  readonly headers?: Readonly<Record<string, string>>;
  readonly host: string;
  readonly credentials: Credentials;
  /** @default 's3' */
  readonly service?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default now */
  readonly date?: Date;
  /** Of the scope. @default that of the date */
  readonly day?: string;
  /** Seconds, of a presigned URL. @default 600 */
  readonly expires?: number;
  /** Whether host is signed. @default true */
  readonly signsHost?: boolean;
  /** @default 'UNSIGNED-PAYLOAD' */
  readonly payloadHash?: string;
}

/** The path and query of a presigned URL of Version 4. */
export function presign(options: SignOptions): string {
  const { method = 'GET', path, query = {}, credentials, payloadHash = 'UNSIGNED-PAYLOAD' } = options;
  const { date, scope, headers, names } = partsOf(options);
  const fields = Object.entries({
    ...query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${formatScope(scope)}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': String(options.expires ?? 600),
    'X-Amz-SignedHeaders': names,
    ...(credentials.sessionToken !== undefined && { 'X-Amz-Security-Token': credentials.sessionToken }),
  });
  const signature = signV4(
    { method, path, query: fields, headers, payloadHash },
    date,
    scope,
    credentials.secretAccessKey,
  );
  return `${path}?${formatQuery(fields)}&X-Amz-Signature=${signature}`;
}

/** The headers of a request that is signed in its Authorization header. */
export function authorization(options: SignOptions): Record<string, string> {
  const { method = 'GET', path, query = {}, credentials, payloadHash = 'UNSIGNED-PAYLOAD' } = options;
  const date = amzDate(options.date ?? new Date());
  const all = {
    ...options.headers,
    'x-amz-date': date,
    'x-amz-content-sha256': payloadHash,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const { scope, headers, names } = partsOf({ ...options, headers: all });
  const parts = { method, path, query: Object.entries(query), headers, payloadHash };
  const signature = signV4(parts, date, scope, credentials.secretAccessKey);
  const credential = `${credentials.accessKeyId}/${formatScope(scope)}`;
  return {
    ...all,
    host: options.host,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** The path and query of a presigned URL of Version 2, without sub-resources. */
export function presignV2({ method = 'GET', path, credentials }: SignOptions): string {
  const expires = Math.floor(Date.now() / 1000) + 600;
  const text = [method, '', '', expires, path].join('\n');
  const signature = createHmac('sha1', credentials.secretAccessKey).update(text).digest('base64');
  const fields = { AWSAccessKeyId: credentials.accessKeyId, Expires: String(expires), Signature: signature };
  return `${path}?${formatQuery(Object.entries(fields))}`;
}

function partsOf(options: SignOptions) {
  const date = amzDate(options.date ?? new Date());
  const { service = 's3', region = 'us-east-1', signsHost = true } = options;
  const scope = { date: options.day ?? date.slice(0, 8), region, service };
  const named = { ...options.headers, ...(signsHost && { host: options.host }) };
  const headers = Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1));
  return { date, scope, headers, names: headers.map(([name]) => name).join(';') };
}

function formatQuery(fields: readonly (readonly [string, string])[]): string {
  return fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}
