import type { ServerSettings } from '../../core/config.ts';

/** What the API takes at most. */
export interface RunLimits {
  readonly graphBytes: number;
  readonly nodes: number;
  /** Of the values of a run's inputs, JSON. */
  readonly inputBytes: number;
  readonly bundleBytes: number;
  /** Runs that have not ended. */
  readonly openRuns: number;
  /** Readers of events and logs at the same time. */
  readonly streams: number;
}

const MiB = 1024 * 1024;

/** Code is text: what unpacks to more than this many times of its size is made to fill a disk. */
const MOST_UNPACKED = 20;
const MOST_FILES = 20_000;

/** What an archive of code may unpack to. */
export function unpackLimits({ bundleBytes }: RunLimits): {
  readonly maxFiles: number;
  readonly maxBytes: number;
} {
  return { maxFiles: MOST_FILES, maxBytes: bundleBytes * MOST_UNPACKED };
}

/** The limits of a server, from its settings. */
export function readRunLimits({ runs = {} }: ServerSettings): RunLimits {
  return {
    graphBytes: (runs.maxGraphMiB ?? 16) * MiB,
    nodes: runs.maxNodes ?? 20_000,
    inputBytes: (runs.maxInputKiB ?? 1024) * 1024,
    bundleBytes: (runs.maxBundleMiB ?? 1024) * MiB,
    openRuns: runs.maxOpenRuns ?? 10_000,
    streams: runs.maxStreams ?? 1000,
  };
}
