import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { encodedPath, isPlainKey } from './key-path.ts';
import { noFile, ObjectFile } from './object-file.ts';
import type { Fingerprint } from './object-record.ts';

/** The paths at which a key may lie, the likelier first. */
export interface ObjectPlaces {
  /** Absent for a key that is no plain path. */
  readonly plain?: string;
  readonly encoded: string;
}

/** The file of an object. */
export interface FoundObject {
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
    const encoded = `${this.encodedRoot}/${bucket}/${encodedPath(key)}`;
    return isPlainKey(key) ? { plain: `${this.root}/${bucket}/${key}`, encoded } : { encoded };
  }

  /** Opens the object's file; undefined when there is none. Symbolic links are not followed. */
  open({ plain, encoded }: ObjectPlaces): ObjectFile | undefined {
    return (plain === undefined ? undefined : this.#openPlain(plain)) ?? ObjectFile.open(encoded);
  }

  /** The object's file without opening it; undefined when there is none. Symbolic links are not followed. */
  find({ plain, encoded }: ObjectPlaces): FoundObject | undefined {
    const found = plain === undefined ? undefined : findFile(plain);
    return found && this.isInside(found.path) ? found : findFile(encoded);
  }

  #openPlain(path: string): ObjectFile | undefined {
    const opened = ObjectFile.open(path);
    if (!opened || this.isInside(path)) return opened;
    opened.close();
    return undefined;
  }

  /** True when no directory on the way is a symbolic link, which could lead out of the store. */
  isInside(path: string): boolean {
    const parent = dirname(path);
    return realPathOf(parent) === parent;
  }

  /** The directory of a bucket. */
  bucket(bucket: string): string {
    return join(this.root, bucket);
  }
}

function findFile(path: string): FoundObject | undefined {
  const stats = lookAt(path);
  return stats?.isFile() ? { path, fingerprint: { size: stats.size, mtimeNs: stats.mtimeNs } } : undefined;
}

function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (noFile.has(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** True for a real directory, not a link to one. */
export function isDirectory(path: string): boolean {
  return lookAt(path)?.isDirectory() ?? false;
}
