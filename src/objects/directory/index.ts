/** The door to the embedded store as S3 needs it: its records, uploads and files. */
export { createDirectoryStore } from './create-directory-store.ts';
export type { DirectoryStore } from './directory-store.ts';
export { isBucketName } from './key-path.ts';
export {
  type MultipartUpload,
  MultipartUploads,
} from './multipart-uploads.ts';
export type { ObjectFile } from './object-file.ts';
export type { ObjectChecksum, ObjectPart, ObjectRecord, StoredObject } from './object-record.ts';
export { readBody } from './read-body.ts';
export type { OpenObject } from './store-files.ts';
export type { ChosenPart, UploadedPart } from './upload-parts.ts';
export type { FoundKey } from './walk.ts';
