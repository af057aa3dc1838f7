import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';

/** What was set of buckets, by name: documents as they came. One file for each bucket. */
export class BucketSettings {
  readonly #directory: string;
  readonly #temporaryPath: () => string;

  constructor(directory: string, temporaryPath: () => string) {
    this.#directory = directory;
    this.#temporaryPath = temporaryPath;
  }

  read(bucket: string): Readonly<Record<string, string>> {
    try {
      return JSON.parse(readFileSync(this.#path(bucket), 'utf8')) as Record<string, string>;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return {};
      throw error;
    }
  }

  /** Sets one, or several. Undefined removes it. */
  change(bucket: string, changes: Readonly<Record<string, string | undefined>>): void {
    const temporary = this.#temporaryPath();
    try {
      writeFileSync(temporary, JSON.stringify({ ...this.read(bucket), ...changes }));
      mkdirSync(this.#directory, { recursive: true });
      renameSync(temporary, this.#path(bucket));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  remove(bucket: string): void {
    rmSync(this.#path(bucket), { force: true });
  }

  #path(bucket: string): string {
    return join(this.#directory, `${bucket}.json`);
  }
}
