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

/** What a server tells its job runner; the settings come first. */
export type ToRunner =
  | ({ readonly kind: 'open' } & RunnerSettings)
  | ({ readonly kind: 'run' } & HandedJob)
  | { readonly kind: 'heed-stop-requests' };

/** What a job runner tells its server: it takes no further job. */
export interface FromRunner {
  readonly kind: 'ending';
}
