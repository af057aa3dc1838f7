import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a loop may keep the thread before signals, timers and streams get their turn, milliseconds. */
const TURN_MS = 10;

/** The turns of a loop: it waits until it is told of something, and lets others have the thread. */
export class Turns {
  /** Something has happened since the turn began. */
  #notified = false;
  #wake: (() => void) | undefined;
  #began = 0;

  /** The loop has the thread from now on. */
  begin(): void {
    this.#began = performance.now();
  }

  /** What happens from now on is for the turn after this one. */
  next(): void {
    this.#notified = false;
  }

  notify(): void {
    this.#notified = true;
    this.#wake?.();
  }

  /** Resolves once {@link notify} has been called since {@link next}. */
  async untilNotified(): Promise<void> {
    if (!this.#notified) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    await this.yieldSometimes();
  }

  async yieldSometimes(): Promise<void> {
    if (performance.now() - this.#began < TURN_MS) return;
    await nextTurn();
    this.#began = performance.now();
  }
}
