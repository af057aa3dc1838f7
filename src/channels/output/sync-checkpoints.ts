import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeDirectories } from '../../core/make-directories.ts';
import { makeBelow } from '../../core/tree/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { linkScope } from '../archive/link-target.ts';
import { copyObjects } from '../file/copy-objects.ts';
import { listLocal, localPlace } from '../source/list-local.ts';
import { listPrefix } from '../source/list-prefix.ts';
import type { SourceObject } from '../source/source-object.ts';
import {
  type ContinuousUpload,
  type ContinuousUploadOptions,
  startContinuousUpload,
} from './continuous-upload.ts';
import { type ScannedFile, scanDirectory } from './scan-directory.ts';
import { type UploadSummary, uploadPlace } from './upload-archive.ts';

/** Checkpoints that are being synced. */
export interface CheckpointSync extends ContinuousUpload {
  /** What an earlier run had left, now in the directory. */
  readonly restored: UploadSummary;
}

/** Checkpoints of an earlier run, in their directory. */
export interface RestoredCheckpoints {
  readonly restored: UploadSummary;
  /** What needs no upload as long as it stays as it is. */
  readonly known: readonly ScannedFile[];
}

/**
 * Checkpoints, both ways: first brings what is under the prefix into the directory, so that a job that starts again
 * can carry on, then uploads what the job writes while it runs. As on SageMaker, what the job deletes stays in S3.
 *
 * @param options `signal` ends the bringing: what a job saves once it is stopped is uploaded all the same, unless
 *   `uploadSignal` is aborted
 */
export async function syncCheckpoints(
  options: Omit<ContinuousUploadOptions, 'known'> & { readonly uploadSignal?: AbortSignal | undefined },
): Promise<CheckpointSync> {
  const { restored, known } = await restoreCheckpoints(options);
  return { restored, ...startContinuousUpload({ ...options, signal: options.uploadSignal, known }) };
}

/** The first half of {@link syncCheckpoints}. */
export async function restoreCheckpoints(
  options: Omit<ContinuousUploadOptions, 'known'>,
): Promise<RestoredCheckpoints> {
  const { directory, stores, signal } = options;
  const place = uploadPlace(options);
  makeDirectories(place.root);
  makeBelow(place).close();
  const { objects, bytes } = await copyObjects({
    objects: listCheckpoints(options),
    directory,
    stores,
    signal,
  });
  const known = await Array.fromAsync(scanDirectory(linkScope(place, options.names)));
  return { restored: { objects, bytes }, known };
}

async function* listCheckpoints({
  uri,
  stores,
  signal,
}: ContinuousUploadOptions): AsyncGenerator<SourceObject> {
  if (uri.startsWith('file://')) {
    if (existsSync(fileURLToPath(uri))) yield* listLocal(localPlace('checkpoints', uri));
    return;
  }
  const { bucket, key } = parseS3Uri(uri.replace(/\/*$/, '/'));
  yield* listPrefix({ location: { bucket, key }, stores, signal });
}
