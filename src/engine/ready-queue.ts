import type { NodeLimits } from './concurrency.ts';
import type { NodeState } from './node-state.ts';
import { platformOf } from './platform-of.ts';

/** The lane of nodes that run in this process. No platform has an empty name. */
const FUNCTIONS = '';

/** The nodes of one platform, or the functions: those that can start, and how many run. */
interface Lane {
  readonly ready: Fifo<{ readonly state: NodeState; readonly order: number }>;
  readonly limit: number;
  running: number;
}

/** Nodes that can start, in the order in which they became ready; functions and each platform have limits of their own. */
export class ReadyQueue {
  readonly #limits: NodeLimits;
  readonly #lanes = new Map<string, Lane>();
  /** What was taken and not given back, with its lane. */
  readonly #running = new Map<NodeState, Lane>();
  #runningJobs = 0;
  #order = 0;
  #size = 0;

  constructor(limits: NodeLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  add(state: NodeState): void {
    this.#size++;
    this.#lane(state.task.type === 'function' ? FUNCTIONS : platformOf(state)).ready.push({
      state,
      order: this.#order++,
    });
  }

  /** As many nodes as may start beside those that run. */
  take(): NodeState[] {
    const taken: NodeState[] = [];
    while (this.#running.size < this.#limits.nodes) {
      const lane = this.#nextLane();
      if (!lane) break;
      const { state } = lane.ready.shift();
      lane.running++;
      if (state.task.type !== 'function') this.#runningJobs++;
      this.#running.set(state, lane);
      this.#size--;
      taken.push(state);
    }
    return taken;
  }

  /** A node that was taken has ended. */
  give(state: NodeState): void {
    const lane = this.#running.get(state);
    if (!lane || !this.#running.delete(state)) return;
    lane.running--;
    if (state.task.type !== 'function') this.#runningJobs--;
  }

  /** The lane that has room and whose first node has waited longest. */
  #nextLane(): Lane | undefined {
    let next: Lane | undefined;
    for (const [name, lane] of this.#lanes) {
      if (lane.ready.size === 0 || lane.running >= lane.limit) continue;
      if (name !== FUNCTIONS && this.#runningJobs >= this.#limits.jobs) continue;
      if (!next || lane.ready.first().order < next.ready.first().order) next = lane;
    }
    return next;
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      const limit = name === FUNCTIONS ? this.#limits.functions : this.#limits.jobsOf(name);
      lane = { ready: new Fifo(), limit, running: 0 };
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}

/** A queue whose operations take constant time, on the whole. */
class Fifo<Value> {
  #values: Value[] = [];
  #head = 0;

  get size(): number {
    return this.#values.length - this.#head;
  }

  first(): Value {
    return this.#values[this.#head] as Value;
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
