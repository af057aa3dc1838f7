import type { NodeLimits } from './concurrency.ts';
import { FUNCTIONS, laneOf } from './lanes.ts';
import type { NodeState } from './node-state.ts';
import type { SharedPlaces } from './shared-places.ts';

/** The nodes of one platform, or the functions: those that can start, and how many run. */
interface Lane {
  readonly name: string;
  readonly ready: Fifo<{ readonly state: NodeState; readonly order: number }>;
  readonly limit: number;
  running: number;
}

/** Places that several runs have together. */
export interface Sharing {
  readonly places: SharedPlaces;
  readonly limitOf: (lane: string) => number;
  /** Called once there may be room: {@link ReadyQueue.take} is to be tried again. */
  readonly wake: () => void;
  /** The lane of a place that the run has got already. */
  readonly reserved?: string | undefined;
}

/** Nodes that can start, in the order in which they became ready; functions and each platform have limits of their own. */
export class ReadyQueue {
  readonly #limits: NodeLimits;
  readonly #shared: Sharing | undefined;
  readonly #lanes = new Map<string, Lane>();
  /** What was taken and not given back, with its lane. */
  readonly #running = new Map<NodeState, Lane>();
  /** The lane of a place that was got before and that no node has taken. */
  #reserved: string | undefined;
  #runningJobs = 0;
  #order = 0;
  #size = 0;

  /** @param shared limits that it has together with other runs. @default none */
  constructor(limits: NodeLimits, shared?: Sharing) {
    this.#limits = limits;
    this.#shared = shared;
    this.#reserved = shared?.reserved;
  }

  get size(): number {
    return this.#size;
  }

  add(state: NodeState): void {
    this.#size++;
    this.#lane(laneOf(state)).ready.push({ state, order: this.#order++ });
  }

  /** As many nodes as may start beside those that run. */
  take(): NodeState[] {
    const taken: NodeState[] = [];
    const full = new Set<Lane>();
    while (this.#running.size < this.#limits.nodes) {
      const lane = this.#nextLane(full);
      if (!lane) break;
      if (!this.#takeShared(lane)) {
        full.add(lane);
        continue;
      }
      const { state } = lane.ready.shift();
      lane.running++;
      if (state.task.type !== 'function') this.#runningJobs++;
      this.#running.set(state, lane);
      this.#size--;
      taken.push(state);
    }
    this.#shared?.places.passOn();
    return taken;
  }

  /** Nothing will be taken any more: what runs keeps its places until it is given. */
  close(): void {
    this.#shared?.places.leave(this.#shared.wake);
  }

  /** What runs is nobody's matter here any more. */
  giveAll(): void {
    for (const state of this.#running.keys()) this.give(state);
    if (this.#reserved !== undefined) this.#shared?.places.give(this.#reserved);
    this.#reserved = undefined;
    this.close();
  }

  #takeShared({ name }: Lane): boolean {
    if (!this.#shared) return true;
    if (this.#reserved === name) {
      this.#reserved = undefined;
      return true;
    }
    const { places, limitOf, wake } = this.#shared;
    return places.take(name, limitOf(name), wake);
  }

  /** A node that was taken has ended. */
  give(state: NodeState): void {
    const lane = this.#running.get(state);
    if (!lane || !this.#running.delete(state)) return;
    lane.running--;
    this.#shared?.places.give(lane.name);
    if (state.task.type !== 'function') this.#runningJobs--;
  }

  /** The lane that has room and whose first node has waited longest. */
  #nextLane(full: ReadonlySet<Lane>): Lane | undefined {
    let next: Lane | undefined;
    for (const [name, lane] of this.#lanes) {
      if (full.has(lane) || lane.ready.size === 0 || lane.running >= lane.limit) continue;
      if (name !== FUNCTIONS && this.#runningJobs >= this.#limits.jobs) continue;
      if (!next || lane.ready.first().order < next.ready.first().order) next = lane;
    }
    return next;
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      const limit = name === FUNCTIONS ? this.#limits.functions : this.#limits.jobsOf(name);
      lane = { name, ready: new Fifo(), limit, running: 0 };
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
