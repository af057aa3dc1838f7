import {
  chmodSync,
  closeSync,
  constants,
  type Dir,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { SluiceError, systemErrorCode } from '../errors.ts';
import { decodeFileName, fileNameBytes, filePath, showFileName } from '../file-name.ts';

const LINUX = process.platform === 'linux';
/** Opens a place without reading it: nothing happens to a FIFO or a device. Node has no constant for it. */
const O_PATH = LINUX ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;
/** Names that are read at once. */
const PIECE_ENTRIES = 1024;
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** What a name in a directory stands for. */
type EntryKind = 'file' | 'directory' | 'link' | 'fifo' | 'other';

/** A name in a directory. */
export interface TreeEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/**
 * A directory that is held open, in a tree that a hostile program may change at any time. Every name is looked up in the
 * very directory that was opened, and no link is followed: where the program puts a link in the place of a directory or
 * of a file, it is not used, and nothing is opened that is not of the kind that was asked for. All that the host side
 * does in a job's directory goes through it.
 *
 * On Linux a name is reached through `/proc/self/fd/N/name`, which is what openat(2) means. By design: elsewhere by its
 * path, with the same checks, but a program that is quick enough could change a directory in between.
 *
 * Names are single components, as `decodeFileName` makes them.
 */
export class TreeDirectory implements Disposable {
  /** As messages call it. */
  readonly path: string;
  readonly #fd: number;
  readonly #device: number;

  private constructor(fd: number, path: string) {
    this.#fd = fd;
    this.path = path;
    this.#device = fstatSync(fd).dev;
  }

  /**
   * Opens the root of a tree: its path is trusted, and may have links in it.
   *
   * @returns undefined where it does not exist
   * @throws SluiceError `InvalidArgument` where something else is there
   */
  static open(path: string): TreeDirectory | undefined {
    const fd = openDirectory(filePath(path), path, DIRECTORY);
    return fd === undefined ? undefined : new TreeDirectory(fd, path).#unlocked();
  }

  /** What is in it, in the system's order, read on as it is needed: a job may have made millions of names. */
  *entries(): Generator<TreeEntry> {
    let listing: Dir | undefined = this.#do(() =>
      // Node's types do not know of names as bytes here.
      opendirSync(this.#self(), { encoding: 'buffer' as BufferEncoding, bufferSize: PIECE_ENTRIES }),
    );
    try {
      while (listing) {
        const open: Dir = listing;
        const piece = this.#do(() => readPiece(open));
        if (piece.length < PIECE_ENTRIES) {
          listing = undefined;
          open.closeSync();
        }
        yield* piece;
      }
    } finally {
      listing?.closeSync();
    }
  }

  isEmpty(): boolean {
    for (const _ of this.entries()) return false;
    return true;
  }

  /** Of the name itself, also where it is a link; undefined where there is none. */
  stat(name: string): Stats | undefined {
    return unlessAbsent(() => this.#do(() => lstatSync(this.#at(name), { throwIfNoEntry: false })));
  }

  /**
   * Opens a directory in it.
   *
   * @returns undefined where there is none of the name
   * @throws SluiceError `InvalidArgument` where a link or something else is there, or another file system is mounted
   */
  directory(name: string): TreeDirectory | undefined {
    const path = join(this.path, name);
    const fd = openDirectory(this.#at(name), path, DIRECTORY | constants.O_NOFOLLOW);
    if (fd === undefined) return undefined;
    const opened = new TreeDirectory(fd, path);
    if (opened.#device === this.#device) return opened.#unlocked();
    opened.close();
    throw refusal(path, 'on another file system');
  }

  /** As root, which no mode keeps out, also where this process is another user: a job may close what is its own. */
  #unlocked(): this {
    const { mode, uid } = this.stats();
    const closed = (mode & 0o500) !== 0o500;
    if (closed && LINUX && isThisUser(uid)) this.chmod((mode & 0o7777) | 0o500);
    return this;
  }

  /** Opens a directory in it, and makes it where there is none. @throws as {@link directory} */
  makeDirectory(name: string, mode = 0o777): TreeDirectory {
    try {
      this.#do(() => mkdirSync(this.#at(name), mode));
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    return this.directory(name) ?? raise(refusal(join(this.path, name), 'gone'));
  }

  /**
   * Opens what has a name, if it is of a kind: it is looked at before it is opened in earnest, so that opening has no
   * effect on anything else.
   *
   * @returns a file descriptor; undefined where there is nothing of this name and kind
   */
  openAs(kind: 'file' | 'fifo', name: string, flags: number): number | undefined {
    const careful = constants.O_NOFOLLOW | constants.O_NONBLOCK;
    if (!LINUX) return this.#openThenLook(kind, name, flags | careful);
    const pinned = unlessAbsent(() => this.#do(() => openSync(this.#at(name), O_PATH | careful)));
    if (pinned === undefined) return undefined;
    try {
      const stats = fstatSync(pinned);
      if (kindOf(stats) !== kind) return undefined;
      const path = `/proc/self/fd/${pinned}`;
      if (isThisUser(stats.uid) && (stats.mode & 0o400) === 0) chmodSync(path, (stats.mode & 0o7777) | 0o400);
      return this.#do(() => openSync(path, flags | constants.O_NONBLOCK));
    } finally {
      closeSync(pinned);
    }
  }

  /** Opens a regular file for reading; undefined where there is none of the name. */
  openFile(name: string): number | undefined {
    return this.openAs('file', name, constants.O_RDONLY);
  }

  /** Makes a regular file, opened for reading and writing. @throws Error with `EEXIST` where the name is taken */
  createFile(name: string, mode = 0o666): number {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return this.#do(() => openSync(this.#at(name), flags, mode));
  }

  /** Does something with the path that reaches a name, for what has no method here. It must follow no link. */
  reach<T>(name: string, action: (path: string | Buffer) => T): T {
    return this.#do(() => action(this.#at(name)));
  }

  /** Does something with its descriptor, which a program can be given. */
  holding<T>(action: (fd: number) => T): T {
    return action(this.#fd);
  }

  /** Removes what is no directory; what is absent is well. */
  unlink(name: string): void {
    unlessAbsent(() => this.#do(() => unlinkSync(this.#at(name))));
  }

  /** Removes an empty directory; one that is absent is well. */
  removeDirectory(name: string): void {
    unlessAbsent(() => this.#do(() => rmdirSync(this.#at(name))));
  }

  /** Moves a name to another directory of the same file system. */
  rename(name: string, target: TreeDirectory, targetName: string): void {
    this.#do(() => renameSync(this.#at(name), target.#at(targetName)));
  }

  /** Gives a file a second name. A link gets none: what it leads to is not touched. */
  link(name: string, target: TreeDirectory, targetName: string): void {
    this.#do(() => linkSync(this.#at(name), target.#at(targetName)));
  }

  makeLink(name: string, leadsTo: string): void {
    this.#do(() => symlinkSync(filePath(leadsTo), this.#at(name)));
  }

  /** What a link says; undefined for what is none. */
  readLink(name: string): string | undefined {
    try {
      return decodeFileName(readlinkSync(this.#at(name), { encoding: 'buffer' }));
    } catch (error) {
      if (ABSENT.has(systemErrorCode(error) ?? '') || systemErrorCode(error) === 'EINVAL') return undefined;
      throw error;
    }
  }

  /** Of the directory itself. */
  chmod(mode: number): void {
    this.#do(() => chmodSync(this.#self(), mode));
  }

  /** Of the directory itself. */
  stats(): Stats {
    return fstatSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #openThenLook(kind: EntryKind, name: string, flags: number): number | undefined {
    const fd = unlessAbsent(() => this.#do(() => openSync(this.#at(name), flags)));
    if (fd === undefined || kindOf(fstatSync(fd)) === kind) return fd;
    closeSync(fd);
    return undefined;
  }

  #self(): string | Buffer {
    return LINUX ? `/proc/self/fd/${this.#fd}` : filePath(this.path);
  }

  #at(name: string): string | Buffer {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw refusal(name, 'no name');
    if (!LINUX) return filePath(join(this.path, name));
    const path = `/proc/self/fd/${this.#fd}/`;
    return name.isWellFormed() ? path + name : Buffer.concat([Buffer.from(path), fileNameBytes(name)]);
  }

  /** The system's errors name the place as its path. */
  #do<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof Error && systemErrorCode(error) !== undefined) {
        error.message = error.message.replaceAll(`/proc/self/fd/${this.#fd}`, showFileName(this.path));
      }
      throw error;
    }
  }
}

function readPiece(listing: Dir): TreeEntry[] {
  const piece: TreeEntry[] = [];
  for (let entry = listing.readSync(); entry; entry = listing.readSync()) {
    piece.push({ name: decodeFileName(entry.name as unknown as Buffer), kind: kindOf(entry) });
    if (piece.length === PIECE_ENTRIES) break;
  }
  return piece;
}

/** Root needs no mode to say that it may. */
function isThisUser(uid: number): boolean {
  return uid !== 0 && uid === process.geteuid?.();
}

function openDirectory(at: string | Buffer, path: string, flags: number): number | undefined {
  try {
    return openSync(at, flags);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    const what = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()
      ? 'a symbolic link'
      : 'no directory';
    throw refusal(path, what);
  }
}

function refusal(path: string, what: string): SluiceError {
  const name = showFileName(path);
  return new SluiceError('InvalidArgument', `Expected a directory at '${name}', found that it is ${what}.`, {
    hint: `Leave '${basename(name)}' as the directory that the job finds there.`,
  });
}

function raise(error: Error): never {
  throw error;
}

function unlessAbsent<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (ABSENT.has(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function kindOf(stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO'>): EntryKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFIFO() ? 'fifo' : 'other';
}
