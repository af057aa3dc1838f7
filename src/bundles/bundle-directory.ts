import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../core/errors.ts';
import { partOf } from '../core/write-whole.ts';
import type { Bundle } from '../graph/index.ts';
import type { Bundles, StoredBundle } from './bundles.ts';
import type { CodeFile } from './code-files.ts';
import type { BundleSink } from './compile-graph.ts';
import { digestOf } from './manifest.ts';
import { packBundle } from './pack-bundle.ts';
import { readCode } from './read-code.ts';

/** Takes code for its digest alone. */
export const digestsOnly: BundleSink = {
  add: async (code) => ({ digest: digestOf(await readCode(code)) }),
};

/** Bundles as files beside a graph: `<directory>/<digits>.tar.gz`. */
export class BundleDirectory implements BundleSink {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes the bundle's archive anew: what lies there may be anything. */
  async add(code: readonly CodeFile[]): Promise<Bundle> {
    const files = await readCode(code);
    const digest = digestOf(files);
    await mkdir(this.#directory, { recursive: true });
    const path = this.#path(digest);
    const part = partOf(path);
    try {
      const file = await open(part, 'wx');
      await pipeline(Readable.from(packBundle(files)), file.createWriteStream());
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    return { digest };
  }

  /** Keeps a bundle of this directory among others; undefined where it is not here. @throws SluiceError `BundleInvalid` */
  async give(digest: string, to: Bundles): Promise<StoredBundle | undefined> {
    const file = await open(this.#path(digest)).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
      throw error;
    });
    return file && to.take(digest, createReadStream('', { fd: file }));
  }

  #path(digest: string): string {
    return join(this.#directory, `${digest.slice('sha256:'.length)}.tar.gz`);
  }
}
