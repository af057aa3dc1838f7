import type { Account } from '../../core/account.ts';
import type { HomePaths } from '../../core/home.ts';
import type { Jobs } from '../../jobs/index.ts';
import type { OpenStores } from '../../objects/index.ts';
import type { Database } from '../../state/index.ts';

/** As a limit: nothing is left out of a list. No database takes a negative one alike. */
export const ALL = Number.MAX_SAFE_INTEGER;

/** What can be pruned. */
export const PRUNE_KINDS = ['runs', 'jobs', 'data', 'logs', 'caches', 'bundles', 'uploads'] as const;

/**
 * `runs`: a run with its jobs; `jobs`: an ended job of no run, with its logs; `data`: what an ended job has left of its
 * `/opt/ml`; `logs`: what nothing in the database knows any more; `caches`: what can be made again; `bundles`: code of steps;
 * `uploads`: parts and files that a process has left which was killed.
 */
export type PruneKind = (typeof PRUNE_KINDS)[number];

/** One thing that could be removed. */
export interface Candidate {
  readonly kind: PruneKind;
  readonly name: string;
  /** When it was last of use, milliseconds since 1970. */
  readonly lastUsedAt: number;
  /** What it takes on the disk, bytes. */
  readonly bytes: number;
  /** The directories of the jobs that it is, or a part of. */
  readonly directories?: readonly string[];
  /** @returns whether it is gone; not where it has come into use meanwhile. */
  readonly remove: () => Promise<boolean>;
}

/** What is to be removed. */
export interface PruneLimits {
  /** Only what has not been of use for so long, milliseconds. */
  readonly olderThanMs?: number | undefined;
  /** As much of the oldest as leaves at most this, bytes. */
  readonly maxBytes?: number | undefined;
  /** Runs that could be resumed, too. @default false */
  readonly failedRuns?: boolean | undefined;
  /** @default all */
  readonly kinds?: readonly PruneKind[] | undefined;
}

/** Where to look. */
export interface PruneContext {
  readonly paths: HomePaths;
  readonly state: Database;
  readonly stores: OpenStores;
  readonly account: Account;
  readonly jobs: Jobs;
}
