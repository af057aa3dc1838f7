import type { ErrorCode } from '../../core/error-codes.ts';
import { errorMessage, SluiceError, systemErrorCode } from '../../core/errors.ts';

/** What pg says when a connection is gone: it has no code. */
const GONE =
  /^Connection terminated|^timeout expired$|^Client has encountered a connection error|^Client was closed|^This socket has been ended/;

interface Told {
  readonly code: ErrorCode;
  /** After the place of the database. */
  readonly says: string;
  readonly hint: string;
}

const RIGHTS = 'docs/operating.md says which rights the role needs.';
const AGAIN = 'It was tried for a while. Look after the server, then try again.';
const LOST: Told = { code: 'DatabaseUnreachable', says: 'cannot be reached', hint: AGAIN };
const REFUSED: Told = {
  code: 'DatabaseRefused',
  says: 'does not let this user in',
  hint: 'Correct user, password and database in DATABASE_URL, or in `database` of the configuration.',
};
const LOCKED: Told = {
  code: 'HomeLocked',
  says: 'is held by another session',
  hint: 'Wait until it is done and try again; pg_stat_activity shows who it is.',
};
const READ_ONLY: Told = {
  code: 'HomeReadOnly',
  says: 'takes no writes',
  hint: 'It is a standby, or was set read-only: name the primary, or set default_transaction_read_only off.',
};
const FULL: Told = {
  code: 'DiskFull',
  says: 'has no room left',
  hint: "Free some space on the database server's disk, then run the command again; a run goes on with: sluice runs resume ID",
};
const DAMAGED: Told = {
  code: 'HomeDamaged',
  says: 'is damaged',
  hint: "Restore it from a backup; the server's log says more.",
};
const NO_RIGHTS: Told = {
  code: 'DatabaseRefused',
  says: 'does not allow this user what Sluice does',
  hint: RIGHTS,
};
const ENCRYPTION: Told = {
  code: 'DatabaseRefused',
  says: 'cannot be reached over an encrypted connection',
  hint: 'Correct sslmode and sslrootcert in the URL, or the certificate of the server.',
};

/** By SQLSTATE, whole or its class. @see https://www.postgresql.org/docs/15/errcodes-appendix.html */
const STATES: Readonly<Record<string, Told>> = {
  '08': LOST,
  '25006': READ_ONLY,
  '25P03': LOST,
  '28': REFUSED,
  '3D000': REFUSED,
  '42501': NO_RIGHTS,
  '53': LOST,
  '53100': FULL,
  '53300': { ...LOST, says: 'has no connection left', hint: `${AGAIN} max_connections may be too few.` },
  '55P03': LOCKED,
  '57014': { ...LOST, says: 'took too long over a statement' },
  '57P01': LOST,
  '57P02': LOST,
  '57P03': { ...LOST, says: 'is starting or stopping' },
  '57P05': LOST,
  '58030': DAMAGED,
  XX001: DAMAGED,
  XX002: DAMAGED,
};

/** By the code of the system or of TLS. */
const SYSTEM: Readonly<Record<string, Told>> = {
  ENOTFOUND: { ...LOST, hint: 'No host has this name: correct it in the URL.' },
  EACCES: { ...LOST, hint: 'This user may not use the socket.' },
  ENOENT: {
    ...LOST,
    hint: 'There is no socket: correct the directory or the port in the URL, or start the server.',
  },
  ECONNREFUSED: {
    ...LOST,
    hint: 'Nobody listens there: correct host or port in the URL, or start the server.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: ENCRYPTION,
  DEPTH_ZERO_SELF_SIGNED_CERT: ENCRYPTION,
  SELF_SIGNED_CERT_IN_CHAIN: ENCRYPTION,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ENCRYPTION,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ENCRYPTION,
  CERT_HAS_EXPIRED: ENCRYPTION,
};

/** Tells in Sluice's words what PostgreSQL or the connection says; other errors come back as they are. */
export function databaseError(error: unknown, place: string): unknown {
  if (error instanceof SluiceError) return error;
  const told = find(error);
  if (told === undefined) return error;
  const message = `The database ${place} ${told.says}: ${reasonOf(error)}`;
  return new SluiceError(told.code, message, { cause: error, hint: told.hint });
}

/** An attempt at each address of a host has a message of its own. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(errorMessage).join('; ') : errorMessage(error);
}

function find(error: unknown): Told | undefined {
  const state = sqlState(error);
  if (state !== undefined)
    return STATES[state] ?? STATES[state.slice(0, 2)] ?? (isFatal(error) ? LOST : undefined);
  const system = systemErrorCode(error);
  if (system !== undefined && SYSTEM[system]) return SYSTEM[system];
  const message = errorMessage(error);
  if (/does not support SSL|establishing an SSL/.test(message)) return ENCRYPTION;
  if (/^SASL|password must be a string/.test(message)) return REFUSED;
  return isLost(error) ? LOST : undefined;
}

/** Whether the connection is of no further use: what was not committed is undone. */
export function isLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined)
    return (
      (STATES[state]?.code === 'DatabaseUnreachable' && state !== '57014') ||
      isFatal(error) ||
      state.startsWith('08')
    );
  return /^E[A-Z]+$/.test(systemErrorCode(error) ?? '') || GONE.test(errorMessage(error));
}

/** Whether a transaction failed because of another one, and may succeed when it is done anew at once. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** Whether the session may not write. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'HomeReadOnly';
}

/** Whether what failed may succeed after a while. */
export function mayPass(error: unknown): boolean {
  const { code } = find(error) ?? {};
  return code !== undefined && code !== 'DatabaseRefused' && code !== 'HomeDamaged';
}

/** PostgreSQL's own code of an error: five characters. */
function sqlState(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof severity === 'string' && typeof code === 'string' ? code : undefined;
}

/** In the words of the server's language, which has these in most. */
function isFatal(error: unknown): boolean {
  const { severity } = error as { severity?: string };
  return severity === 'FATAL' || severity === 'PANIC';
}
