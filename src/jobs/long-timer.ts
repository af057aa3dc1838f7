/** The longest delay that a timer of Node takes, milliseconds: about 24.8 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Calls back after a delay of any length, unless ended before by what it returns. Keeps no process alive. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (restMs: number): void => {
    const stepMs = Math.min(restMs, MAX_DELAY_MS);
    timer = setTimeout(() => (restMs > stepMs ? wait(restMs - stepMs) : callback()), stepMs);
    timer.unref();
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
