import type { S3Failure } from './s3-error.ts';

/** One request to S3 without a body. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'DELETE';
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export type S3Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Takes an answer while it arrives. */
export interface S3Receiver {
  /** The head of a success. */
  onHead?(headers: S3Headers, status: number): void;
  /** A piece of a success's body; false holds further ones back until `resume` is called. */
  onData(piece: Buffer, resume: () => void): boolean;
}

/** With less than this, a connection that breaks has not moved on, bytes. */
export const LEAST_PROGRESS_BYTES = 64 * 1024;

/** A connection broke, or brought too little. */
export class BrokenTransfer extends Error {}

/** An answer that is no success. */
export class FailedAnswer extends Error {
  readonly failure: S3Failure;
  readonly headers: S3Headers;

  constructor(failure: S3Failure, headers: S3Headers) {
    super(`${failure.code} ${failure.message}`);
    this.failure = failure;
    this.headers = headers;
  }
}
