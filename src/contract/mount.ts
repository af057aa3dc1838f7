/** A host path shown to the job at another path. */
export interface Mount {
  /** Absolute path on this machine: a file, a directory or a FIFO. */
  readonly source: string;
  /** Absolute path in the job. */
  readonly target: string;
  readonly readOnly: boolean;
}
