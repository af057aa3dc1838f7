import type { ChildProcess } from 'node:child_process';

/**
 * Resolves once a child process has ended and all its output is delivered. A pipe that a process which it left behind
 * holds open is closed when the limit is over.
 *
 * @param drainLimitMs how long the output may take after the end, milliseconds
 * @param onExit called at the end, before the last of the output
 */
export function untilClosed(
  child: ChildProcess,
  drainLimitMs: number,
  onExit: () => void = () => undefined,
): Promise<void> {
  return new Promise((resolve) => {
    let drainTimer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      onExit();
      drainTimer = setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, drainLimitMs);
    });
    child.once('close', () => {
      clearTimeout(drainTimer);
      resolve();
    });
  });
}
