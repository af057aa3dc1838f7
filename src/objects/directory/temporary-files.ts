import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { makeDirectories } from '../../core/make-directories.ts';

/** Names for files that are not published yet, on the file system of the store. Clears what dead processes have left. */
export class TemporaryFiles {
  readonly directory: string;
  #ready = false;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** A new path; its directory exists. */
  path(): string {
    this.prepare();
    return join(this.directory, `${process.pid}-${randomUUID()}`);
  }

  prepare(): void {
    if (this.#ready) return;
    makeDirectories(this.directory, 0o700);
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      if (!isAlive(Number.parseInt(name, 10)) && isOld(path)) rmSync(path, { force: true });
    }
    this.#ready = true;
  }
}

/** Untouched for a while: a process of another container, whose ids mean nothing here, would still be writing. */
function isOld(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > 600_000;
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
