/** What {@link createStopper} needs to know of an execution. */
export interface StopTarget {
  running(): boolean;
  /** SIGTERM to the command. */
  terminate(graceMs: number): void;
  /** SIGKILL to the whole tree. */
  kill(): void;
}

/** Stops an execution: asks once, kills when the shortest grace that anybody gave is over. */
export function createStopper(target: StopTarget) {
  let stopped = false;
  let deadline = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  return {
    stopped: () => stopped,
    request(graceMs: number): void {
      if (!target.running()) return;
      if (!stopped) target.terminate(graceMs);
      stopped = true;
      const asked = performance.now() + graceMs;
      if (asked >= deadline) return;
      deadline = asked;
      clearTimeout(timer);
      timer = setTimeout(target.kill, graceMs);
    },
    /** The execution has ended: nothing is left to kill. */
    end: () => clearTimeout(timer),
  };
}
