import { close, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import type { Fingerprint } from './object-record.ts';

const readLater = promisify(read);

/** The last that holds a large removed file gives its blocks back, which takes a while: on another thread. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** What the path of no object says when it is opened or looked at. */
export const noFile: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EISDIR',
  'ENXIO',
  'ENAMETOOLONG',
]);

/**
 * An open file of the store. Opening, looking and closing do not wait for another thread: that takes several times as
 * long as they do. Whoever opens it closes it.
 */
export class ObjectFile implements Disposable {
  readonly path: string;
  readonly fingerprint: Fingerprint;
  #descriptor: number;

  private constructor(path: string, descriptor: number, fingerprint: Fingerprint) {
    this.path = path;
    this.#descriptor = descriptor;
    this.fingerprint = fingerprint;
  }

  /**
   * Undefined where there is no plain file. A symbolic link is not followed.
   *
   * @throws SluiceError `AccessDenied`
   */
  static open(path: string): ObjectFile | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const code = systemErrorCode(error) ?? '';
      if (noFile.has(code)) return undefined;
      if (code !== 'EACCES') throw error;
      throw new SluiceError('AccessDenied', `'${path}' cannot be read.`, { cause: error });
    }
    const stats = fstatSync(descriptor, { bigint: true });
    if (stats.isFile()) return new ObjectFile(path, descriptor, { size: stats.size, mtimeNs: stats.mtimeNs });
    closeSync(descriptor);
    return undefined;
  }

  /** Reads into a buffer from a place in the file on. @returns how many bytes, 0 at the end */
  async read(buffer: Uint8Array, position: number): Promise<number> {
    return (await readLater(this.#descriptor, buffer, 0, buffer.length, position)).bytesRead;
  }

  /** The same without awaiting, for a few bytes. */
  readNow(buffer: Uint8Array, position: number): number {
    return readSync(this.#descriptor, buffer, 0, buffer.length, position);
  }

  /** Idempotent. Not while a read is under way. */
  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor < 0) return;
    this.#descriptor = -1;
    if (this.fingerprint.size < LARGE_BYTES) closeSync(descriptor);
    else close(descriptor, () => undefined);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
