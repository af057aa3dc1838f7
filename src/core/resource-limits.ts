/** What one host of a job, or one model server, may use of this machine. */
export interface ResourceLimits {
  /** Processes and threads at once. @default 32768, and no more than half of what the machine can have */
  readonly processes: number;
  /** Open files of one process. @default 65536 */
  readonly openFiles: number;
  /** The largest file that can be written, GiB. @default 1024 */
  readonly fileSizeInGiB: number;
  /** Input data of a channel that is copied so that the job may write there, where no overlay can be made, GiB. @default 4 */
  readonly copiedInputInGiB?: number | undefined;
}

/** What holds where no file says otherwise. */
export const DEFAULT_LIMITS: ResourceLimits = {
  processes: 32_768,
  openFiles: 65_536,
  fileSizeInGiB: 1024,
  copiedInputInGiB: 4,
};
