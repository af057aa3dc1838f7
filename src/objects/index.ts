/** The door of the object stores: URIs, the interface, and the stores of a home, which are loaded when they are opened. */
export { decodeWords, encodeWords } from './encoded-words.ts';
export { listLevel } from './list-level.ts';
export { openStore } from './open-store.ts';
export { partPath } from './partial-file.ts';
export { readSmall } from './read-small.ts';
export { formatS3Uri, parseS3Uri, type S3Location } from './s3-uri.ts';
export type {
  DownloadItem,
  LevelEntry,
  ObjectStore,
  ObjectSummary,
  ObjectVerifier,
  PutOptions,
  StoreOpening,
} from './store.ts';
export { createStores, type OpenStores } from './stores.ts';
export type { OpenUpload, UploadJournal } from './upload-journal.ts';
