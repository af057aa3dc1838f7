import { pollUntil } from '../core/poll-until.ts';
import { removeLeftoverContainers } from './container/remove-leftover-containers.ts';
import { findMarked, signalGroup, signalProcess } from './process/process-tree.ts';
import { releaseProcesses } from './sandbox/process-group-limit.ts';

/** How long the kernel may take to end what was killed, milliseconds. */
const KILL_LIMIT_MS = 5_000;
const KILL_INTERVAL_MS = 2;

/** What an executor's process left behind when it was killed. */
export interface Leftovers {
  /** The directories that the executions had as `/opt/ml`. */
  readonly mlDirectories: readonly string[];
  /** The processes that own the executions' trees, as far as they are known and still the same. */
  readonly pids: readonly number[];
}

/**
 * Ends what executions left behind whose owner was killed: the sandbox ends with its owner, the trees of plain
 * processes and containers do not. Resolves once nothing of them is found any more.
 */
export async function killLeftovers({ mlDirectories, pids }: Leftovers): Promise<void> {
  for (const pid of pids) {
    signalGroup(pid, 'SIGKILL');
    signalProcess(pid, 'SIGKILL');
  }
  await killMarked(mlDirectories);
  for (const directory of mlDirectories) releaseProcesses(directory);
  // After the engines' programs: one of them may have been about to make its container.
  await removeLeftoverContainers(mlDirectories);
}

async function killMarked(mlDirectories: readonly string[]): Promise<void> {
  await pollUntil(
    () => {
      const found = findMarked(mlDirectories);
      for (const pid of found) signalProcess(pid, 'SIGKILL');
      return found.length === 0;
    },
    { everyMs: KILL_INTERVAL_MS, limitMs: KILL_LIMIT_MS },
  );
}
