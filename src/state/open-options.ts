/** How to open the state of a home. */
export interface OpenDatabaseOptions {
  /** Nothing is created or changed; a home without a database reads as an empty one. @default false */
  readonly readOnly?: boolean;
  /** How long to wait for another process that writes, milliseconds. @default 10000 */
  readonly busyTimeoutMs?: number;
  /** What leases go by in the embedded database: milliseconds since 1970. @default the system's clock */
  readonly clock?: (() => number) | undefined;
}
