/**
 * Credentials of a job's own, made from the secret of its home: whoever has that can tell them without a table, a later
 * server of the home too. They are good while the job runs.
 *
 * By design: the session token says whose they are, as those of AWS's STS do; who has no secret of the home cannot make one.
 */
import { createHmac } from 'node:crypto';
import type { CredentialsHolder } from '../../contract/service-environment.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { base32 } from './base32.ts';

const TYPES: readonly string[] = [
  'training',
  'processing',
  'transform',
  'endpoint',
] satisfies CredentialsHolder['type'][];

/** Whom a session token names, as far as it was made for anybody. */
export interface TokenHolder {
  /** What the secret makes for whom the token names: the token itself, where it is a true one. */
  readonly credentials: Required<Credentials>;
  /** To be called for a true token only: that of somebody else may hold anything. Undefined: no job. */
  readonly read: () => CredentialsHolder | undefined;
}

/** The credentials of a job. The same each time. */
export function jobCredentials(
  secret: string,
  { type, name, createdAt }: CredentialsHolder,
): Required<Credentials> {
  return credentialsOf(secret, [type, name, createdAt]);
}

/** The credentials of whom these parts name. The same each time. */
export function credentialsOf(secret: string, parts: readonly unknown[]): Required<Credentials> {
  return fromHolder(secret, Buffer.from(JSON.stringify(parts)).toString('base64url'));
}

/** The parts that a true token names; of one that is none, nothing. */
export function tokenText(sessionToken: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(
      Buffer.from(sessionToken.split('.', 1)[0] ?? '', 'base64url').toString(),
    );
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** Whom a session token names. */
export function tokenHolder(secret: string, sessionToken: string): TokenHolder {
  const [encoded = ''] = sessionToken.split('.', 1);
  return { credentials: fromHolder(secret, encoded), read: () => readHolder(encoded) };
}

function fromHolder(secret: string, holder: string): Required<Credentials> {
  const part = (what: string) => createHmac('sha256', secret).update(`${what}:${holder}`).digest();
  return {
    accessKeyId: `ASIA${base32(part('id').subarray(0, 10))}`,
    secretAccessKey: part('secret').toString('base64'),
    sessionToken: `${holder}.${part('token').toString('base64url')}`,
  };
}

function readHolder(encoded: string): CredentialsHolder | undefined {
  const [type, name, createdAt] = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as unknown[];
  if (!TYPES.includes(String(type)) || typeof name !== 'string' || typeof createdAt !== 'number') return;
  return { type: type as CredentialsHolder['type'], name, createdAt };
}
