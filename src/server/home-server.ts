import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SluiceError, systemErrorCode } from '../core/errors.ts';
import { serverFile } from '../core/home.ts';
import { makeDirectories } from '../core/make-directories.ts';
import { currentProcess, isProcessAlive, type ProcessIdentity } from '../state/index.ts';

/** Who serves a home. */
export interface HomeServer extends ProcessIdentity {
  readonly url: string;
}

/**
 * Takes a home for the one server that it may have.
 *
 * @returns gives it back.
 * @throws SluiceError `HomeLocked` while another server runs, `HomeReadOnly`
 */
export function claimHomeServer(home: string, url: string): () => void {
  const path = serverFile(home);
  const own = `${path}.${process.pid}`;
  try {
    makeDirectories(home);
    writeFileSync(own, `${JSON.stringify({ ...currentProcess(), url } satisfies HomeServer)}\n`);
    linkUnlessServed(home, own, path);
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
    throw new SluiceError('HomeReadOnly', `The home ${home} cannot be written.`, { cause: error });
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (readServer(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** The server that serves a home now. */
export function findHomeServer(home: string): HomeServer | undefined {
  const server = readServer(serverFile(home));
  return server && isProcessAlive(server) ? server : undefined;
}

/** A link is made only where there is no file yet, in one step. */
function linkUnlessServed(home: string, from: string, path: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      linkSync(from, path);
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    checkNotServed(home);
    rmSync(path, { force: true });
  }
  checkNotServed(home);
}

/** @throws SluiceError `HomeLocked` */
function checkNotServed(home: string): void {
  const server = findHomeServer(home);
  if (!server) return;
  throw new SluiceError(
    'HomeLocked',
    `The home ${home} is served already, at ${server.url} by process ${server.pid}.`,
    {
      hint: 'Use that server, stop it first, or serve another home with --home.',
    },
  );
}

function readServer(path: string): HomeServer | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as HomeServer;
  } catch {
    return undefined;
  }
}
