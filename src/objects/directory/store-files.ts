import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { checkBucketName, checkKey } from './key-path.ts';
import type { ObjectFile } from './object-file.ts';
import { type FoundObject, isDirectory, Places } from './object-places.ts';
import type { StoredObject } from './object-record.ts';
import { Sidecars } from './sidecars.ts';
import { stored } from './stored-object.ts';
import { TemporaryFiles } from './temporary-files.ts';

/** An open object: whoever takes it closes the file. */
export interface OpenObject extends StoredObject {
  readonly file: ObjectFile;
}

/** Where a directory store has its objects, their records and its own things. */
export class StoreFiles {
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly places: Places;
  readonly sidecars: Sidecars;
  readonly temporary: TemporaryFiles;

  constructor(root: string) {
    this.root = realPathOf(resolve(root));
    this.places = new Places(this.root, this.internal('encoded'));
    this.sidecars = new Sidecars(this.internal('records'));
    this.temporary = new TemporaryFiles(this.internal('temporary'));
  }

  /** A directory for the store's own things. No bucket's name starts with a dot. */
  internal(name: string): string {
    return join(this.root, '.sluice', name);
  }

  /** The object with its file opened. @throws SluiceError `NoSuchKey`, `NoSuchBucket` */
  open(bucket: string, key: string): OpenObject {
    checkBucketName(bucket);
    checkKey(key);
    const file = this.places.open(this.places.of(bucket, key));
    if (!file) {
      this.checkBucket(bucket);
      throw new SluiceError('NoSuchKey', `There is no object s3://${bucket}/${key}.`, {
        details: { bucket, key },
      });
    }
    const { fingerprint, path } = file;
    return { ...stored(this.sidecars.of(bucket, key, file), fingerprint, path), file };
  }

  /** @throws SluiceError `NoSuchBucket` */
  checkBucket(bucket: string): void {
    checkBucketName(bucket);
    if (isDirectory(this.places.bucket(bucket))) return;
    throw new SluiceError('NoSuchBucket', `There is no bucket '${bucket}' in ${this.root}.`, {
      hint: `Create it: sluice s3 mb s3://${bucket}`,
      details: { bucket },
    });
  }

  /** In quotes. */
  etag(bucket: string, key: string, { path, fingerprint }: FoundObject): string {
    return this.sidecars.listed(bucket, key, path, fingerprint).etag;
  }
}

/** The real path of what exists of a path, and the rest as it is. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPathOf(parent), basename(path));
}
