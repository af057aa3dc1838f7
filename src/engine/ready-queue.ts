import type { Concurrency } from './concurrency.ts';
import type { NodeState } from './node-state.ts';

/** Nodes that can start, in the order in which they became ready; jobs and functions have limits of their own. */
export class ReadyQueue {
  readonly #limits: Required<Concurrency>;
  readonly #jobs = new Fifo<NodeState>();
  readonly #functions = new Fifo<NodeState>();
  #runningJobs = 0;
  #runningFunctions = 0;

  constructor(limits: Required<Concurrency>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#jobs.size + this.#functions.size;
  }

  add(state: NodeState): void {
    (state.task.type === 'function' ? this.#functions : this.#jobs).push(state);
  }

  /** As many nodes as may start beside those that run. */
  take(running: ReadonlySet<NodeState>): NodeState[] {
    const taken: NodeState[] = [];
    const room = (): boolean => running.size + taken.length < this.#limits.nodes;
    while (this.#jobs.size > 0 && room() && this.#runningJobs < this.#limits.jobs) {
      this.#runningJobs++;
      taken.push(this.#jobs.shift());
    }
    while (this.#functions.size > 0 && room() && this.#runningFunctions < this.#limits.functions) {
      this.#runningFunctions++;
      taken.push(this.#functions.shift());
    }
    return taken;
  }

  /** A node that was taken has ended. */
  give(state: NodeState): void {
    if (state.task.type === 'function') this.#runningFunctions--;
    else this.#runningJobs--;
  }
}

/** A queue whose operations take constant time, on the whole. */
class Fifo<Value> {
  #values: Value[] = [];
  #head = 0;

  get size(): number {
    return this.#values.length - this.#head;
  }

  push(value: Value): void {
    this.#values.push(value);
  }

  shift(): Value {
    const value = this.#values[this.#head++] as Value;
    if (this.#head * 2 > this.#values.length && this.#head > 1000) {
      this.#values = this.#values.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }
}
