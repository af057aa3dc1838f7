import { uptime } from 'node:os';

/** Beyond this difference the machine has been asleep, which only the uptime counts. Milliseconds. */
const ASLEEP_MS = 1000;

/**
 * Starts a clock that shows the time of day at first and from then on never jumps, whatever is set or adjusted: what it
 * measures are durations.
 *
 * @returns milliseconds since 1970
 */
export function startSteadyClock(): () => number {
  const base = { wall: Date.now(), steady: performance.now(), uptime: uptime() };
  return () => {
    const awakeMs = performance.now() - base.steady;
    const allMs = (uptime() - base.uptime) * 1000;
    return Math.round(base.wall + (allMs - awakeMs > ASLEEP_MS ? allMs : awakeMs));
  };
}
