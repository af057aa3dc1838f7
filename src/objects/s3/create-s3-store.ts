import type { UploadJournal } from '../upload-journal.ts';
import type { S3StoreOptions } from './s3-options.ts';
import { S3Store } from './s3-store.ts';

/**
 * A store at an S3 endpoint. Nothing is sent before the first use.
 *
 * @param journal is told of what is uploaded in parts
 */
export function createS3Store(options: S3StoreOptions = {}, journal?: UploadJournal): S3Store {
  return new S3Store(options, journal);
}
