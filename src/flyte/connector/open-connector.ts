import { defaultBucket } from '../../core/account.ts';
import type { Home } from '../../home/index.ts';
import { RunKeeper, readRunLimits } from '../../home/keep-runs/index.ts';
import { sharedSecret } from '../../state/index.ts';
import { Allowances } from './allowances.ts';
import { closeAwsAccesses } from './aws/aws-accesses.ts';
import { Connector } from './connector.ts';
import { RunProgress } from './runs/run-progress.ts';
import type { TaskTypeHandler } from './task-type.ts';
import { flyteTaskTypes } from './task-types.ts';

/** What a connector is opened with. */
export interface OpenConnectorOptions {
  readonly home: Home;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (message: string) => void;
  /** @default those of the home's platforms */
  readonly types?: Readonly<Record<string, TaskTypeHandler>>;
}

/** A connector of a home, which carries out what it has begun. */
export interface OpenConnector {
  readonly connector: Connector;
  /** Lets go of all runs: they go on with another replica, or the next connector. */
  close(): Promise<void>;
}

/** Opens a connector of a home. Runs that another one has left are taken over. */
export async function openConnector({
  home,
  environment,
  log,
  types = flyteTaskTypes(home.configuration.platforms ?? {}),
}: OpenConnectorOptions): Promise<OpenConnector> {
  const limits = readRunLimits(home.configuration.server ?? {});
  const progress = new RunProgress();
  const keeper = new RunKeeper({
    home,
    mostOpen: limits.openRuns,
    log,
    onKept: (handle) => progress.follow(handle),
  });
  const key = await sharedSecret(home.state, 'flyte-connector');
  keeper.start();
  const allowances = new Allowances(home.configuration.flyte?.allow, defaultBucket(home.account));
  const context = { home, keeper, limits, allowances, progress, environment, clock: () => new Date(), log };
  return {
    connector: new Connector({ context, types, key }),
    close: async () => {
      await keeper.close();
      await closeAwsAccesses(home);
    },
  };
}
