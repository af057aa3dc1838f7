import { openSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import type { Limiter } from '../../core/limiter.ts';
import { makeDirectories } from '../../core/make-directories.ts';
import type { DownloadItem } from '../store.ts';
import type { BlockPool } from './block-writer.ts';
import type { MemorySink } from './body-sink.ts';
import type { S3Connection } from './s3-connection.ts';

/** One object on its way into its file. */
export interface Download {
  readonly connection: S3Connection;
  readonly bucket: string;
  readonly item: DownloadItem;
  readonly signal: AbortSignal;
  /** Of the large objects' ranges. */
  readonly limiter: Limiter;
  readonly blocks: BlockPool;
  /** Those for small objects that are free to be used. */
  readonly sinks: MemorySink[];
  readonly onBytes: (bytes: number) => void;
}

/** Opens a new file to write and to read; the directories above are made. */
export function openInDirectory(path: string): number {
  try {
    return openSync(path, 'wx+');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    makeDirectories(dirname(path));
    return openSync(path, 'wx+');
  }
}
