import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, realpath, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../../core/errors.ts';
import { removeTree } from '../../core/tree/index.ts';
import { currentProcess, isProcessAlive, type ProcessIdentity } from '../../state/index.ts';

/** An environment that several jobs share. */
export interface CachedEnvironmentOptions {
  /** Where environments are kept. */
  readonly root: string;
  /** Everything that it depends on. */
  readonly key: readonly string[];
  readonly signal: AbortSignal;
  /** Fills a directory that does not exist yet. What it leaves when it throws is removed. */
  readonly build: (directory: string) => Promise<void>;
  /** Called once when another job is building the same environment. */
  readonly onWait: () => void;
}

const LOCK_INTERVAL_MS = 50;

/**
 * The directory of an environment, built when it is not there yet. One job builds, the others wait, whichever
 * processes they are in. Each build has a directory of its own, because environments cannot be moved; a symbolic
 * link that is made last tells which one counts.
 *
 * @throws what `build` throws; the signal's reason
 */
export async function cachedEnvironment(options: CachedEnvironmentOptions): Promise<string> {
  const { root, signal } = options;
  const name = createHash('sha256').update(options.key.join('\0')).digest('hex').slice(0, 20);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const place = join(await realpath(root), name);
  for (let waited = false; ; waited = true) {
    const ready = await published(place);
    if (ready) return ready;
    const lock = await takeLock(place);
    if (lock) return buildLocked(place, lock, options);
    if (!waited) options.onWait();
    await sleep(LOCK_INTERVAL_MS, undefined, { signal });
  }
}

interface Lock {
  /** Where the holder builds. */
  readonly directory: string;
  release(): Promise<void>;
}

interface LockContent {
  readonly owner: ProcessIdentity;
  readonly directory: string;
}

async function buildLocked(place: string, lock: Lock, options: CachedEnvironmentOptions): Promise<string> {
  try {
    const ready = await published(place);
    if (ready) return ready;
    await options.build(lock.directory);
    const temporary = `${lock.directory}.link`;
    await symlink(basename(lock.directory), temporary);
    await rename(temporary, place);
    return lock.directory;
  } catch (error) {
    // What was built there may have closed its directories.
    await removeTree(lock.directory);
    throw error;
  } finally {
    await lock.release();
  }
}

/** The directory that the link names. A link to nothing (someone emptied the cache) counts as none. */
async function published(place: string): Promise<string | undefined> {
  return realpath(place).catch(() => undefined);
}

async function takeLock(place: string): Promise<Lock | undefined> {
  const id = randomUUID().slice(0, 8);
  const path = `${place}.lock`;
  const temporary = `${path}-${id}`;
  const content: LockContent = { owner: currentProcess(), directory: `${place}-${id}` };
  await writeFile(temporary, JSON.stringify(content));
  try {
    await link(temporary, path);
    return { directory: content.directory, release: () => unlink(path).catch(() => undefined) };
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    await removeDeadLock(path, place);
    return undefined;
  } finally {
    await unlink(temporary);
  }
}

/** A lock whose owner has died goes, and with it what the owner had begun. */
async function removeDeadLock(path: string, place: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const { owner, directory } = parseLock(text);
  if (owner && isProcessAlive(owner)) return;
  // Two who find it dead at once: one of them moves it away.
  const moved = `${path}-dead-${randomUUID().slice(0, 8)}`;
  await rename(path, moved).catch(() => undefined);
  await unlink(moved).catch(() => undefined);
  if (directory && (await published(place)) !== directory) await removeTree(directory);
}

/** A machine that lost its power may have left the file empty. */
function parseLock(text: string): Partial<LockContent> {
  try {
    return JSON.parse(text) as LockContent;
  } catch {
    return {};
  }
}
