import type { IncomingHttpHeaders } from 'node:http';

/** The head of a request, as it came. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Of S3: the bucket that stands in the host's name, which Version 2 signs in front of the path. */
  readonly virtualBucket?: string | undefined;
}

/** What a signature has to be made for. */
export interface SignatureDemand {
  /** As credential scopes name it: `s3`. */
  readonly service: string;
  /** Any of these; the first is named in errors. */
  readonly regions: readonly string[];
}

/** Names and values of a query, decoded. */
export type Query = readonly (readonly [string, string])[];
