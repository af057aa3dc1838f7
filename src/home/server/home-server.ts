/**
 * The one server that a home may have.
 *
 * By design: what counts is a lock of the operating system on `server.lock`, which ends with the process, whatever ends it.
 * `server.json` only tells where the server is; a stale or damaged one is nobody's lock.
 */
import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { serverFile, serverLockFile } from '../../core/home.ts';
import { makeHome } from '../../core/make-home.ts';
import { currentProcess, isProcessAlive, type ProcessIdentity } from '../../state/index.ts';

/** Who serves a home. */
export interface HomeServer extends ProcessIdentity {
  /** Where programs of this machine reach it. */
  readonly url: string;
  /** Where other machines reach it. @default the same */
  readonly publicUrl?: string | undefined;
  /** Whose credentials requests are signed with. @default 'none' */
  readonly credentials?: CredentialsSource;
}

/** Where the credentials come from that a server takes: its home, its environment, its configuration. */
export type CredentialsSource = 'none' | 'home' | 'environment' | 'configuration';

/** A home that this process serves. */
export interface HomeClaim {
  /** Tells where the server is. */
  announce(url: string, credentials?: CredentialsSource, publicUrl?: string): void;
  /** Gives the home back. Idempotent. */
  release(): void;
}

/** A connection that nobody refers to is closed, and its lock is gone. */
const held = new Set<DatabaseSync>();

/** SQLite's codes. */
const BUSY = 5;
const READ_ONLY = 8;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/**
 * Takes a home for the one server that it may have.
 *
 * @throws SluiceError `HomeLocked` while another server runs, `HomeReadOnly`
 */
export function claimHomeServer(home: string): HomeClaim {
  try {
    makeHome(home);
    const lock = takeLock(serverLockFile(home));
    if (!lock) throw locked(home);
    held.add(lock);
    const path = serverFile(home);
    rmSync(path, { force: true });
    return {
      announce(url, credentials = 'none', publicUrl = url) {
        writeFileSync(
          `${path}.part`,
          `${JSON.stringify({ ...currentProcess(), url, publicUrl, credentials } satisfies HomeServer)}\n`,
        );
        renameSync(`${path}.part`, path);
      },
      release() {
        if (!lock.isOpen) return;
        rmSync(path, { force: true });
        held.delete(lock);
        lock.close();
      },
    };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    throw new SluiceError('HomeReadOnly', `The home ${home} cannot be written.`, { cause: error });
  }
}

/** The server that serves a home now. */
export function findHomeServer(home: string): HomeServer | undefined {
  const server = readServer(serverFile(home));
  return server && isProcessAlive(server) ? server : undefined;
}

/** SQLite locks a file on every system that Node runs on; this one stays empty. Undefined: another process has it. */
function takeLock(path: string): DatabaseSync | undefined {
  makePrivate(path);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code === BUSY) return undefined;
    if (code !== NOT_A_DATABASE) throw error;
    // It has been written to. Emptied it is what it was, also where another process has just done so and locked it.
    truncateSync(path);
    return takeLock(path);
  }
}

/** One that is there is not even opened: closing it would give up the lock where this very process has it. */
function makePrivate(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

function isUnwritable(error: unknown): boolean {
  const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return (
    ['EACCES', 'EROFS', 'EPERM'].includes(systemErrorCode(error) ?? '') ||
    code === READ_ONLY ||
    code === CANNOT_OPEN
  );
}

function locked(home: string): SluiceError {
  const server = findHomeServer(home);
  const where = server ? `, at ${server.url} by process ${server.pid}` : '';
  return new SluiceError('HomeLocked', `The home ${home} is served already${where}.`, {
    hint: 'Use that server, stop it first, or serve another home with --home.',
  });
}

function readServer(path: string): HomeServer | undefined {
  try {
    const server = JSON.parse(readFileSync(path, 'utf8')) as Partial<HomeServer> | null;
    const { pid, startTime, url, publicUrl = url, credentials = 'none' } = server ?? {};
    if (!Number.isSafeInteger(pid) || typeof startTime !== 'string' || typeof url !== 'string') return;
    return { pid: pid as number, startTime, url, publicUrl, credentials };
  } catch {
    return undefined;
  }
}
