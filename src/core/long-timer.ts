/** The longest delay that a timer of Node takes, milliseconds: about 24.8 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** How a timer runs. */
export interface TimerOptions {
  /** Whether the process goes on until then. @default false */
  readonly keepsAlive?: boolean;
}

/** Calls back after a delay of any length, unless ended before by what it returns. */
export function startTimer(
  delayMs: number,
  callback: () => void,
  { keepsAlive = false }: TimerOptions = {},
): () => void {
  let timer: NodeJS.Timeout;
  const wait = (restMs: number): void => {
    const stepMs = Math.min(restMs, MAX_DELAY_MS);
    timer = setTimeout(() => (restMs > stepMs ? wait(restMs - stepMs) : callback()), stepMs);
    if (!keepsAlive) timer.unref();
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
