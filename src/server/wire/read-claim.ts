/**
 * Reads what a request says of its signature of Version 4: in the Authorization header, or in the query.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import type { IncomingHttpHeaders } from 'node:http';
import { amzDate, type SigningScope } from '../../core/sigv4.ts';
import { SignatureError } from './signature-error.ts';
import type { Query } from './signed-request.ts';

/** What a request claims to be signed with. */
export interface Claim {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  /** Hexadecimal. */
  readonly signature: string;
  readonly scope: SigningScope;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
  /** Lower-case. */
  readonly signedHeaders: readonly string[];
  readonly presigned: boolean;
  readonly expiresSeconds?: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** @throws SignatureError `Malformed` */
export function readClaim(headers: IncomingHttpHeaders, query: Query): Claim | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return readHeaderClaim(authorization, headers);
  const fields = Object.fromEntries(query.map(([name, value]) => [name.toLowerCase(), value]));
  return fields['x-amz-signature'] === undefined ? undefined : readQueryClaim(fields);
}

function readHeaderClaim(authorization: string, headers: IncomingHttpHeaders): Claim | undefined {
  if (!authorization.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',')
      .map((field) => {
        const [name = '', value = ''] = field.trim().split(/=(.*)/s);
        return [name, value] as const;
      }),
  );
  const credential = parseCredential(fields.get('Credential'));
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders');
  const date = one(headers['x-amz-date']) ?? fromHttpDate(headers.date);
  if (!credential || !signature || !signedHeaders || !isAmzDate(date)) {
    throw new SignatureError('Malformed', {
      message: 'The authorization header that you provided is not valid.',
    });
  }
  return {
    ...credential,
    sessionToken: one(headers['x-amz-security-token']),
    signature,
    signedHeaders: signedHeaders.split(';'),
    date,
    presigned: false,
  };
}

function readQueryClaim(fields: Readonly<Record<string, string | undefined>>): Claim {
  const credential = parseCredential(fields['x-amz-credential']);
  const signature = fields['x-amz-signature'];
  const signedHeaders = fields['x-amz-signedheaders'];
  const date = fields['x-amz-date'] ?? '';
  const expiresSeconds = Number(fields['x-amz-expires'] || Number.NaN);
  const valid = Number.isInteger(expiresSeconds) && expiresSeconds >= 0 && expiresSeconds <= 604_800;
  const known = fields['x-amz-algorithm'] === ALGORITHM;
  if (!known || !credential || !signature || !signedHeaders || !isAmzDate(date) || !valid) {
    throw new SignatureError('Malformed', {
      presigned: true,
      message:
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    });
  }
  return {
    ...credential,
    sessionToken: fields['x-amz-security-token'],
    signature,
    signedHeaders: signedHeaders.split(';'),
    date,
    presigned: true,
    expiresSeconds,
  };
}

function parseCredential(text: string | undefined): Pick<Claim, 'accessKeyId' | 'scope'> | undefined {
  const parts = (text ?? '').split('/');
  if (parts.length < 5 || parts.at(-1) !== 'aws4_request') return undefined;
  const [date = '', region = '', service = ''] = parts.slice(-4, -1);
  return { accessKeyId: parts.slice(0, -4).join('/'), scope: { date, region, service } };
}

/** Milliseconds since 1970. */
export function parseAmzDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function isAmzDate(text: string): boolean {
  return /^\d{8}T\d{6}Z$/.test(text) && !Number.isNaN(parseAmzDate(text));
}

function fromHttpDate(text: string | undefined): string {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? '' : amzDate(date);
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}
