import type { Stores } from '../channels/index.ts';
import type { CredentialsHolder, ServiceAccess } from '../contract/service-environment.ts';
import type { Account } from '../core/account.ts';
import type { Configuration } from '../core/config.ts';
import type { HomePaths } from '../core/home.ts';
import type { Executor } from '../executors/index.ts';
import type { Database } from '../state/index.ts';
import type { JobChanges } from './changes.ts';
import type { Peers } from './peers.ts';
import type { Simulation } from './simulation.ts';

/** When the data of a job's directory is kept: its logs always are. */
export type KeepData = 'always' | 'failed' | 'never';

/** Where the AWS clients of a job or an endpoint find the services of the home; undefined where there are none. */
export type ServicesFor = (holder: CredentialsHolder) => ServiceAccess | undefined;

/** What every job of one {@link createJobs} shares. */
export interface JobsContext {
  readonly state: Database;
  readonly stores: Stores;
  readonly executor: Executor;
  /** What runs the images that the configuration names a container for. */
  readonly containers?: Executor | undefined;
  readonly home: HomePaths;
  readonly account: Account;
  readonly configuration: Configuration;
  readonly clock: () => Date;
  /** Starts a clock of a job's own, milliseconds since 1970: its durations are right even where {@link clock} jumps. */
  readonly startClock: () => () => number;
  readonly stopGraceMs: number;
  readonly keepData: KeepData;
  readonly changes: JobChanges;
  /** The other servers of the database; undefined where the home has it for itself. */
  readonly peers?: Peers | undefined;
  /** Where the AWS clients in jobs find the services of the home, while a server runs. */
  readonly services?: ServicesFor | undefined;
  /** Where set, jobs pass through their statuses without running. */
  readonly simulation?: Simulation | undefined;
}
