import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { encodedPath, isPlainKey } from './key-path.ts';
import type { Fingerprint } from './sidecars.ts';

/** The paths at which a key may lie, the likelier first. */
export interface ObjectPlaces {
  /** Absent for a key that is no plain path. */
  readonly plain?: string;
  readonly encoded: string;
}

/** An open file of the store. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly fingerprint: Fingerprint;
}

/** Where keys lie under a store's root. */
export class Places {
  /** Plain files: `<root>/<bucket>/<key>`. */
  readonly root: string;
  /** The encoded tree. */
  readonly encodedRoot: string;

  constructor(root: string, encodedRoot: string) {
    this.root = root;
    this.encodedRoot = encodedRoot;
  }

  of(bucket: string, key: string): ObjectPlaces {
    const encoded = join(this.encodedRoot, bucket, encodedPath(key));
    return isPlainKey(key) ? { plain: `${this.root}/${bucket}/${key}`, encoded } : { encoded };
  }

  /** Opens the object's file; undefined when there is none. Symbolic links are not followed. */
  async open(bucket: string, key: string): Promise<OpenFile | undefined> {
    const { plain, encoded } = this.of(bucket, key);
    return (plain === undefined ? undefined : await this.#openPlain(plain)) ?? openFile(encoded);
  }

  /** What a write of this key would replace. */
  async stat(bucket: string, key: string): Promise<(Fingerprint & { readonly path: string }) | undefined> {
    const opened = await this.open(bucket, key);
    if (!opened) return undefined;
    await opened.file.close();
    return { path: opened.path, ...opened.fingerprint };
  }

  async #openPlain(path: string): Promise<OpenFile | undefined> {
    const opened = await openFile(path);
    if (!opened || (await this.isInside(path))) return opened;
    await opened.file.close();
    return undefined;
  }

  /** True when no directory on the way is a symbolic link, which could lead out of the store. */
  async isInside(path: string): Promise<boolean> {
    const parent = dirname(path);
    return (await realpath(parent).catch(() => undefined)) === parent;
  }
}

const noFile = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ENAMETOOLONG']);

async function openFile(path: string): Promise<OpenFile | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (noFile.has(systemErrorCode(error) ?? '')) return undefined;
    if (systemErrorCode(error) === 'EACCES') {
      throw new SluiceError('AccessDenied', `'${path}' cannot be read.`, { cause: error });
    }
    throw error;
  }
  try {
    const stats = await file.stat({ bigint: true });
    if (stats.isFile()) return { file, path, fingerprint: { size: stats.size, mtimeNs: stats.mtimeNs } };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** True for a real directory, not a link to one. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (noFile.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
