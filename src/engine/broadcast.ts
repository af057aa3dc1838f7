/** Sends values to everyone who iterates at the time; keeps nothing for others. */
export class Broadcast<Value> implements AsyncIterable<Value> {
  readonly #listeners = new Set<Listener<Value>>();
  #ended = false;

  /** Whether anyone listens. */
  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  send(value: Value): void {
    for (const listener of this.#listeners) listener.push(value);
  }

  end(): void {
    this.#ended = true;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  [Symbol.asyncIterator](): AsyncIterator<Value> {
    const listener = new Listener<Value>(() => this.#listeners.delete(listener));
    if (this.#ended) listener.end();
    else this.#listeners.add(listener);
    return listener;
  }
}

class Listener<Value> implements AsyncIterator<Value> {
  readonly #leave: () => void;
  #values: Value[] = [];
  #next = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  push(value: Value): void {
    this.#values.push(value);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Value>> {
    while (this.#next === this.#values.length) {
      if (this.#ended) return { done: true, value: undefined };
      this.#values = [];
      this.#next = 0;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { done: false, value: this.#values[this.#next++] as Value };
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#leave();
    this.end();
    return { done: true, value: undefined };
  }
}
