import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How fast requests may follow each other: some at once, then so many a second, so that other programs of the account,
 * whose limits are the same, are not kept out.
 */
export class RequestPace {
  readonly #perSecond: number;
  readonly #burst: number;
  #next = 0;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Resolves when the next request may be sent. @throws an AbortError with the signal */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#next = Math.max(this.#next, now) + 1000 / this.#perSecond;
    const waitMs = this.#next - now - (this.#burst * 1000) / this.#perSecond;
    if (waitMs > 0) await sleep(waitMs, undefined, signal && { signal });
  }
}
