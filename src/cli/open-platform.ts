import { chooseExecutor } from '../executors/index.ts';
import { createLocalPlatform, type Platform } from '../platforms/index.ts';
import type { CliContext } from './context.ts';
import type { ExecutorOptions } from './executor-options.ts';
import { type OpenedJobs, openJobs } from './open-jobs.ts';

/** All that is needed to run jobs on this machine. */
export interface OpenedPlatform extends OpenedJobs {
  readonly platform: Platform;
  /** One line on what differs, where the sandbox does not work here. */
  readonly note?: string;
}

/**
 * Opens the home to run jobs in it.
 *
 * @throws SluiceError `ExecutorUnavailable`, `HomeReadOnly`, `HomeLocked`, `HomeVersion`
 */
export async function openPlatform(
  context: CliContext,
  { executor: name, simulateDelay: delayMs }: ExecutorOptions,
): Promise<OpenedPlatform> {
  const simulated = name === 'simulate';
  const { executor, containers, note } = await chooseExecutor(simulated ? 'process' : name);
  const simulation = simulated ? { delayMs } : undefined;
  const opened = await openJobs(context, executor, { containers, simulation, probeStore: true });
  const { jobs, stores } = opened;
  const platform = createLocalPlatform({ jobs, stores, account: context.account });
  return { ...opened, platform, ...(note === undefined ? {} : { note }) };
}
