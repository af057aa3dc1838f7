import type { Credentials } from '../../core/sigv4.ts';

/** As many small objects at 20 ms each are more than one process can take in; more would only cost memory. */
export const DEFAULT_CONCURRENCY = 128;

/** Without a byte for so long, a request is given up, milliseconds. */
export const DEFAULT_IDLE_MS = 20_000;

/** Where an S3 endpoint is and how to speak to it. */
export interface S3StoreOptions {
  /** `https://…` of an S3-compatible store. @default AWS's own endpoint of the region */
  readonly endpoint?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** `https://endpoint/bucket/key` instead of `https://bucket.endpoint/key`. @default true with an own endpoint */
  readonly pathStyle?: boolean;
  /** @default the usual chain: environment, profiles, SSO, web identity, container and instance roles */
  readonly credentials?: Credentials;
  /** Gives credentials whenever they are needed: those of an assumed role. No other process can open such a store. */
  readonly provider?: () => Promise<Credentials & { readonly expiration?: Date }>;
  /** A profile of the shared AWS files. */
  readonly profile?: string;
  /** Requests at once. @default 128 */
  readonly concurrency?: number;
  /** Without a byte for so long, a request is given up and tried again. @default 20000 */
  readonly idleTimeoutMs?: number;
  /** Tries of one request. @default 8 */
  readonly attempts?: number;
}
