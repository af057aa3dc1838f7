/** How the user's container has ended, on one host. */
export interface ContainerEnd {
  /** Absent where it never began, or nobody knows. */
  readonly exitCode?: number | undefined;
  /** Whether it was asked to end before. */
  readonly stopped: boolean;
  /** What the platform says of its end: `OOMKilled`. */
  readonly reason?: string | undefined;
}

/** Who knows how the user's container has ended: it has no wrapper, its image may have nothing but its own program. */
export interface EndSource {
  /** Waits until it has. Limited. @throws SluiceError where that cannot be known */
  end(): Promise<ContainerEnd>;
  /** Settles once it has ended, where nobody else would tell. @default somebody else does */
  readonly watch?: (() => Promise<void>) | undefined;
  /** What it has printed; undefined where that cannot be had. */
  log(): AsyncIterable<Uint8Array> | undefined;
  /** Whether each line of the log begins with its time, RFC 3339. @default false */
  readonly isTimed?: boolean | undefined;
}
