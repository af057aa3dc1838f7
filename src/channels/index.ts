export { tarHeaders } from './archive/pack-tar.ts';
export { readTar, type TarEntry } from './archive/read-tar.ts';
export { ArchiveError, BLOCK_BYTES, padding } from './archive/tar-header.ts';
export { unpackTar } from './archive/unpack-tar.ts';
export type {
  InputChannel,
  InputOptions,
  PreparedInput,
  Stores,
  TransferProgress,
  WritableInputs,
} from './channel.ts';
export { unmountLeftovers } from './fast-file/leftover-mounts.ts';
export {
  type ContinuousUpload,
  type ContinuousUploadOptions,
  startContinuousUpload,
} from './output/continuous-upload.ts';
export { joinUri, writeObject } from './output/destination.ts';
export type { ScannedFile } from './output/scan-directory.ts';
export { discardOutputs, discardUpload, isFile, publishOutputs, type Staging } from './output/staging.ts';
export { type CheckpointSync, restoreCheckpoints, syncCheckpoints } from './output/sync-checkpoints.ts';
export { type UploadOptions, type UploadSummary, uploadArchive } from './output/upload-archive.ts';
export { uploadDirectory } from './output/upload-directory.ts';
export { removeLeftoverFifos } from './pipe/leftover-fifos.ts';
export type { PipeChannel, PipeOptions, PipeProgress } from './pipe/pipe-channel.ts';
export { isRunning, type ReaderProcess } from './pipe/reader-processes.ts';
export { prepareInput } from './prepare-input.ts';
export { listObjects } from './source/list-objects.ts';
export { objectUri, readObject, type SourceObject } from './source/source-object.ts';
export { makeFirstFifo, startPipe } from './start-pipe.ts';
