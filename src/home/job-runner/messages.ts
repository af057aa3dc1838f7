import type { Account } from '../../core/account.ts';
import type { Configuration } from '../../core/config.ts';
import type { HomePaths } from '../../core/home.ts';
import type { ExecutorName } from '../../executors/index.ts';
import type { HandedJob } from '../../jobs/index.ts';

/** What a job runner works with: what its server does. */
export interface RunnerSettings {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly configuration: Configuration;
  readonly executor: ExecutorName;
}

/** How a job runner begins. */
export interface RunnerStart extends RunnerSettings {
  /** Who it is: its server has registered it. */
  readonly worker: string;
}

/**
 * What a server tells its job runner: a line of JSON each on stdin, the settings first. Not by Node's own channel: what
 * it has taken in before somebody listens is lost once the other end has closed.
 */
export type ToRunner =
  | ({ readonly kind: 'open' } & RunnerStart)
  | ({ readonly kind: 'run' } & HandedJob)
  | { readonly kind: 'stop'; readonly type: HandedJob['type']; readonly name: string }
  | { readonly kind: 'heed-stop-requests' };

/** What a job runner says on stdout: it takes no further job. */
export const ENDING = 'ending';
