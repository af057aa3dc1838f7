import { relative } from 'node:path';
import { type TreePlace, withDirectory } from '../../core/tree/index.ts';
import { linkScope } from '../archive/link-target.ts';
import { packTar } from '../archive/pack-tar.ts';
import type { Stores } from '../channel.ts';
import { writeObject } from './destination.ts';
import { gzipParallel } from './gzip-parallel.ts';
import type { Staging } from './staging.ts';

/** What to upload where. */
export interface UploadOptions {
  readonly directory: string;
  /** A directory that it is below: no link on the way from there is followed. @default the directory itself */
  readonly root?: string | undefined;
  /** Absolute paths by which a job calls the directory: links that lead there stay within it. @default [] */
  readonly names?: readonly string[] | undefined;
  /** `s3://…` or `file://…`: of the archive, or of the prefix. */
  readonly uri: string;
  readonly stores: Stores;
  readonly signal?: AbortSignal | undefined;
  /** As of an object: {@link writeObject} */
  readonly staging?: Staging | undefined;
  /** Whether files that links within the directory lead to are uploaded by the links' names too. @default true */
  readonly followLinks?: boolean;
  /** Sees the bytes of an archive as they go out. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined;
  /** Told of each link that leads out of the directory, or to nothing: it is left out. One sentence. */
  readonly onLeftOut?: ((message: string) => void) | undefined;
}

/** What was uploaded. */
export interface UploadSummary {
  readonly objects: number;
  readonly bytes: number;
}

/** Where an upload's directory is. */
export function uploadPlace({ directory, root = directory }: UploadOptions): TreePlace {
  return { root, path: relative(root, directory) };
}

/**
 * Writes a directory's contents as one tar.gz, as a stream, as {@link packTar} packs them. It is there whole or not at all.
 *
 * @returns undefined where the directory does not exist or is empty: as on SageMaker, nothing is uploaded then.
 * @throws SluiceError `InvalidArgument` where a link is in the directory's place, and what the store throws
 */
export async function uploadArchive(options: UploadOptions): Promise<UploadSummary | undefined> {
  const place = uploadPlace(options);
  if (withDirectory(place, (directory) => directory.isEmpty()) ?? true) return undefined;
  const { signal, onLeftOut, onPiece } = options;
  const tar = packTar({ ...linkScope(place, options.names), signal, onLeftOut });
  return { objects: 1, bytes: await writeObject({ ...options, body: watched(gzipParallel(tar), onPiece) }) };
}

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  onPiece: UploadOptions['onPiece'],
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    onPiece?.(piece);
    yield piece;
  }
}
