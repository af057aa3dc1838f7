/** A host path shown to the job at another path. */
export interface Mount {
  /** Absolute path on this machine: a file, a directory or a FIFO. */
  readonly source: string;
  /** Absolute path in the job. */
  readonly target: string;
  readonly readOnly: boolean;
  /** A directory that the job may write into while its source stays as it is. @default false */
  readonly copyOnWrite?: boolean | undefined;
}
