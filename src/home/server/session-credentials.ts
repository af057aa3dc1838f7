/**
 * Credentials of a role that somebody has assumed, made from the secret of the home as those of jobs are: nothing is kept,
 * a later server of the home tells them too. They end by themselves.
 */
import type { Credentials } from '../../core/sigv4.ts';
import { credentialsOf, tokenText } from './job-credentials.ts';

/** Who has assumed a role, and for how long. */
export interface AssumedSession {
  readonly role: string;
  readonly session: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const KIND = 'session';

/** The credentials of a session. The same each time. */
export function sessionCredentials(
  secret: string,
  { role, session, expiresAt }: AssumedSession,
): Required<Credentials> {
  return credentialsOf(secret, [KIND, role, session, expiresAt]);
}

/** The session that a token names; to be asked of a true token only. Undefined: it is a job's. */
export function readSession(sessionToken: string): AssumedSession | undefined {
  const [kind, role, session, expiresAt] = tokenText(sessionToken);
  if (kind !== KIND || typeof expiresAt !== 'number') return undefined;
  return { role: String(role), session: String(session), expiresAt };
}
