import {
  closeSync,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  write as writeCallback,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { fileNameBytes, showFileName } from '../../core/file-name.ts';
import { makeBelow, openBelow, placeIn, type TreeDirectory, type TreePlace } from '../../core/tree/index.ts';
import { type LinkScope, linkScope, linkTargetByText, relativeLink } from './link-target.ts';
import { readTar, type TarEntry } from './read-tar.ts';
import { ArchiveError } from './tar-header.ts';

const write = promisify(writeCallback);

/** No file system takes longer names, bytes. */
const LONGEST_NAME_BYTES = 255;
const MOST_COMPONENTS = 512;
/** A larger piece is written by another thread. */
const SMALL_BYTES = 64 * 1024;

/** Where to unpack. */
export interface UnpackTarOptions {
  /** Made where it does not exist. */
  readonly place: TreePlace;
  /** What a job calls the directory: links by these names stay within it. */
  readonly names?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each entry that is left out, one sentence. */
  readonly onLeftOut?: ((message: string) => void) | undefined;
}

/**
 * Unpacks a tar archive into a directory. Nothing is written outside of it, whatever the archive says and whatever
 * happens to the directory meanwhile: names are looked up without following links. Links that stay within the directory
 * become relative ones; those that lead out are left out, and so are devices and FIFOs.
 *
 * @throws ArchiveError that names the entry, and the system's errors
 */
export async function unpackTar(bytes: AsyncIterable<Uint8Array>, options: UnpackTarOptions): Promise<void> {
  const unpacking = new Unpacking(options);
  try {
    for await (const entry of readTar(bytes)) {
      options.signal?.throwIfAborted();
      await unpacking.add(entry);
    }
  } finally {
    unpacking.close();
  }
}

class Unpacking {
  readonly #options: UnpackTarOptions;
  readonly #scope: LinkScope;
  readonly #root: TreeDirectory;
  /** That of the last entry, which most likely is the next one's too. */
  #last: { readonly path: string; readonly directory: TreeDirectory } | undefined;

  constructor(options: UnpackTarOptions) {
    this.#options = options;
    this.#scope = linkScope(options.place, options.names);
    this.#root = makeBelow(options.place);
  }

  close(): void {
    this.#last?.directory.close();
    this.#root.close();
  }

  async add(entry: TarEntry): Promise<void> {
    const path = pathOf(entry);
    if (path === '') return;
    try {
      await this.#place(entry, path);
    } catch (error) {
      throw entryError(error, entry);
    }
  }

  async #place(entry: TarEntry, path: string): Promise<void> {
    if (entry.type === 'special') return this.#leaveOut(entry, 'is a device or a FIFO');
    const slash = path.lastIndexOf('/');
    const parent = this.#directory(path.slice(0, Math.max(0, slash)));
    const name = path.slice(slash + 1);
    if (entry.type === 'directory') return addDirectory(parent, name, entry);
    if (parent.stat(name)?.isDirectory()) throw new ArchiveError('a directory has that name');
    if (entry.type === 'file') return addFile(parent, name, entry, this.#options.signal);
    if (entry.type === 'symlink') this.#addLink(parent, name, path, entry);
    else this.#addHardLink(parent, name, entry);
  }

  #addLink(parent: TreeDirectory, name: string, path: string, entry: TarEntry): void {
    const target = linkTargetByText(this.#scope, path, entry.linkName);
    if (typeof target === 'string') return this.#leaveOut(entry, leadsOut(entry));
    parent.unlink(name);
    parent.makeLink(name, relativeLink(path, target.path));
  }

  #addHardLink(parent: TreeDirectory, name: string, entry: TarEntry): void {
    const target = linkTargetByText(this.#scope, 'x', `./${entry.linkName.replace(/^\/+/, '')}`);
    if (typeof target === 'string' || target.path === '') return this.#leaveOut(entry, leadsOut(entry));
    const slash = target.path.lastIndexOf('/');
    using directory = openBelow(placeIn(this.#options.place, target.path.slice(0, Math.max(0, slash))));
    const targetName = target.path.slice(slash + 1);
    if (!directory?.stat(targetName)?.isFile())
      throw new ArchiveError(
        `it is a hard link to '${showFileName(entry.linkName)}', which is no file before it`,
      );
    if (directory.stats().ino === parent.stats().ino && targetName === name) return;
    parent.unlink(name);
    directory.link(targetName, parent, name);
  }

  #leaveOut(entry: TarEntry, why: string): void {
    this.#options.onLeftOut?.(`'${showFileName(entry.name)}' of the archive was left out: it ${why}.`);
  }

  #directory(path: string): TreeDirectory {
    if (path === '') return this.#root;
    if (this.#last?.path === path) return this.#last.directory;
    const directory = makeBelow(placeIn(this.#options.place, path));
    this.#last?.directory.close();
    this.#last = { path, directory };
    return directory;
  }
}

function leadsOut({ linkName }: TarEntry): string {
  return `leads out of its directory, to '${showFileName(linkName)}'`;
}

/** The path below the directory; empty for the directory itself. @throws ArchiveError */
function pathOf(entry: TarEntry): string {
  const { name, type } = entry;
  const components = name.split('/').filter((component) => component !== '' && component !== '.');
  const problem = nameProblem(name, components, type);
  if (problem === undefined) return components.join('/');
  const shown = showFileName(name);
  throw new ArchiveError(`the entry '${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}' ${problem}`);
}

function nameProblem(
  name: string,
  components: readonly string[],
  type: TarEntry['type'],
): string | undefined {
  if (name === '') return 'has no name';
  if (components.length === 0) return type === 'directory' ? undefined : 'names no file';
  if (components.includes('..')) return 'leads out of the archive';
  if (name.includes('\0')) return 'has a NUL in its name';
  if (components.length > MOST_COMPONENTS) return `is nested in more than ${MOST_COMPONENTS} directories`;
  if (components.some((component) => fileNameBytes(component).length > LONGEST_NAME_BYTES))
    return `has a name of more than ${LONGEST_NAME_BYTES} bytes`;
  return undefined;
}

function addDirectory(parent: TreeDirectory, name: string, { mode }: TarEntry): void {
  using directory = parent.makeDirectory(name);
  // What is in it comes later, and somebody has to be able to remove it.
  directory.chmod((mode & 0o777) | 0o700);
}

async function addFile(
  parent: TreeDirectory,
  name: string,
  entry: TarEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  parent.unlink(name);
  const fd = parent.createFile(name, 0o600);
  try {
    await writeParts(fd, entry, signal);
    fchmodSync(fd, (entry.mode & 0o777) | 0o600);
    futimesSync(fd, entry.mtime, entry.mtime);
  } finally {
    closeSync(fd);
  }
}

/** Holes stay holes. */
async function writeParts(fd: number, { parts, data, size }: TarEntry, signal?: AbortSignal): Promise<void> {
  const places = parts.values();
  let { offset, length } = places.next().value ?? { offset: 0, length: 0 };
  for await (const piece of data) {
    signal?.throwIfAborted();
    for (let done = 0; done < piece.length; ) {
      const part = piece.subarray(done, done + length);
      await writeAt(fd, part, offset);
      done += part.length;
      offset += part.length;
      length -= part.length;
      if (length === 0) ({ offset, length } = places.next().value ?? { offset, length });
    }
  }
  if (parts.length !== 1 || parts[0]?.length !== size) ftruncateSync(fd, size);
}

async function writeAt(fd: number, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const [left, at] = [bytes.length - done, position + done];
    if (left <= SMALL_BYTES) done += writeSync(fd, bytes, done, left, at);
    else done += (await write(fd, bytes, done, left, at)).bytesWritten;
  }
}

/** A file or a link where the archive has a directory is the archive's fault; a full disk is not. */
function entryError(error: unknown, entry: TarEntry): unknown {
  const about = `the entry '${showFileName(entry.name)}'`;
  if (error instanceof ArchiveError) return new ArchiveError(`${about}: ${error.message}`, { cause: error });
  const code = systemErrorCode(error);
  if (
    error instanceof SluiceError ||
    ['EEXIST', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EMLINK', 'EFBIG', 'EINVAL'].includes(code ?? '')
  )
    return new ArchiveError(`${about} cannot be made: ${(error as Error).message}`, { cause: error });
  return error;
}
