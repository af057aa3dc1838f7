import type { Stores } from '../../../channels/index.ts';
import { errorMessage, SluiceError } from '../../../core/errors.ts';
import { placeIn, removeTree, type TreePlace } from '../../../core/tree/index.ts';
import { ArchiveTooLarge, JobFailure, unpackArchive } from '../../../hosts/index.ts';
import { parseS3Uri } from '../../../objects/index.ts';
import { TargetModelError } from './target-model.ts';

/** Which model to fetch. */
export interface FetchModelOptions {
  /** Of its archive. */
  readonly uri: string;
  /** The model's own: its files come to lie in `<directory>/model`. */
  readonly directory: TreePlace;
  readonly stores: Stores;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Fetches and unpacks a model. Nothing of it stays when that fails. @returns its bytes @throws TargetModelError */
export async function fetchModel(options: FetchModelOptions): Promise<number> {
  const { uri, directory, stores, maxBytes, signal } = options;
  try {
    return await unpackArchive({ uri, place: placeIn(directory, 'model'), stores, maxBytes, signal });
  } catch (error) {
    await removeTree(directory);
    signal.throwIfAborted();
    throw fetchError(uri, maxBytes, error);
  }
}

function fetchError(uri: string, maxBytes: number, error: unknown): TargetModelError {
  const detail = errorMessage(error);
  if (error instanceof SluiceError && (error.code === 'NoSuchKey' || error.code === 'NoSuchBucket')) {
    return new TargetModelError({ kind: 'absent', ...parseS3Uri(uri) }, detail, error);
  }
  if (error instanceof JobFailure) return new TargetModelError({ kind: 'no-archive', uri }, detail, error);
  const message =
    error instanceof ArchiveTooLarge
      ? `${uri} has more than ${maxBytes} bytes without its compression, which is all that the models of an instance may have. Give the variant a larger VolumeSizeInGB.`
      : `${uri} cannot be fetched: ${detail}`;
  return new TargetModelError({ kind: 'not-fetched' }, message, error);
}
