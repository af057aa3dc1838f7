import { readdirSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../../core/errors.ts';
import type { Stores } from '../channel.ts';
import { checkLinks } from './check-links.ts';
import { writeObject } from './destination.ts';
import { gzipParallel } from './gzip-parallel.ts';

/** What to upload where. */
export interface UploadOptions {
  readonly directory: string;
  /** `s3://…` or `file://…`: of the archive, or of the prefix. */
  readonly uri: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
}

/** What was uploaded. */
export interface UploadSummary {
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Writes a directory's contents as one tar.gz, as a stream: at the root of the archive, links within it kept, sockets
 * and FIFOs left out. It is there whole or not at all.
 *
 * @returns undefined where the directory does not exist or is empty: as on SageMaker, nothing is uploaded then.
 * @throws SluiceError `InvalidArgument` for a link that leads out of the directory, and what the store throws
 */
export async function uploadArchive(options: UploadOptions): Promise<UploadSummary | undefined> {
  const { directory } = options;
  if (isEmpty(directory)) return undefined;
  checkLinks(directory);
  const { packTar } = await import('modern-tar/fs');
  const tar = packTar(directory, { filter: isArchived });
  try {
    return { objects: 1, bytes: await writeObject({ ...options, body: gzipParallel(tar) }) };
  } finally {
    tar.destroy();
  }
}

function isArchived(_path: string, stats: Stats): boolean {
  return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return true;
    throw error;
  }
}
