import { type Command, Option } from 'commander';
import type { ExecutorName } from '../executors/index.ts';
import type { OpenHomeOptions } from '../home/index.ts';
import type { Simulation } from '../jobs/index.ts';
import { simulateDelayOption } from './simulate-delay.ts';

/** What runs jobs. */
export interface ExecutorOptions {
  /** With `simulate` no job runs: all pass through their statuses. */
  readonly executor: ExecutorName | 'simulate';
  readonly simulateDelay: Simulation['delayMs'];
}

/** The choice, as a home is opened with it. */
export function chosenExecutor({
  executor,
  simulateDelay,
}: ExecutorOptions): Pick<OpenHomeOptions, 'executor' | 'simulation'> {
  if (executor !== 'simulate') return { executor };
  return { executor: 'process', simulation: { delayMs: simulateDelay } };
}

/** Adds the choice of what runs jobs. */
export function addExecutorOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--executor <name>', 'what runs jobs')
        .choices(['auto', 'sandbox', 'process', 'container', 'simulate'])
        .default('auto'),
    )
    .addOption(simulateDelayOption());
}
