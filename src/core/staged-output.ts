/**
 * An output that was written whole, but that nobody sees under its name before it is published. Plain data: any process
 * that reaches its store can publish it.
 */
export interface StagedOutput {
  /** Where it is to be: `s3://…` or `file://…`. */
  readonly uri: string;
  readonly bytes: number;
  /** What its store knows it by: an upload's id, or a file's name. */
  readonly id: string;
  /** Of an upload, by number. */
  readonly parts?: readonly StagedPart[];
}

/** A part of an upload that waits to be completed. */
export interface StagedPart {
  readonly etag: string;
  /** CRC-32, base64. */
  readonly checksum?: string | undefined;
}
