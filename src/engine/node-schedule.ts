import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../graph/index.ts';
import type { NodeLimits } from './concurrency.ts';
import type { NodeState } from './node-state.ts';
import { ReadyQueue, type Sharing } from './ready-queue.ts';

/** What the order of a run's nodes follows from. */
export interface NodeScheduleOptions {
  /** By position. */
  readonly nodes: readonly NodeState[];
  readonly topology: Topology;
  readonly limits: NodeLimits;
  readonly sharing: Sharing | undefined;
  /** Aborted when the run is being stopped: nothing starts any more. */
  readonly signal: AbortSignal;
  /** Called when a node can start that could not before. */
  readonly wake: () => void;
}

/** Which nodes of a run can start, which run, and which wait: for others, for room, or between two attempts. */
export class NodeSchedule {
  readonly #options: NodeScheduleOptions;
  /** For each node, how many of its dependencies have not succeeded. */
  readonly #waiting: number[];
  readonly #ready: ReadyQueue;
  readonly #running = new Set<NodeState>();
  /** Nodes between two attempts. */
  #pausing = 0;

  constructor(options: NodeScheduleOptions) {
    this.#options = options;
    this.#waiting = options.topology.dependencies.map((list) => list.length);
    this.#ready = new ReadyQueue(options.limits, options.sharing);
  }

  /** How many nodes run. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether something will happen by itself: a node runs, or one that waits will start. */
  get goesOn(): boolean {
    if (this.#running.size > 0 || this.#pausing > 0) return true;
    // Other runs have all the places.
    return this.#ready.size > 0 && !this.#options.signal.aborted;
  }

  /** Looks which nodes can start, where some have succeeded before. */
  begin(): void {
    const { nodes } = this.#options;
    for (const state of nodes) if (state.phase === 'Succeeded') this.#release(state);
    for (const state of nodes) this.#addIfReady(state);
  }

  /** The nodes that start now. */
  take(): NodeState[] {
    return this.#options.signal.aborted ? [] : this.#ready.take();
  }

  /** A node that was taken runs. */
  started(state: NodeState): void {
    this.#running.add(state);
  }

  /** A node runs no more: its place is free. */
  ended(state: NodeState): void {
    this.#running.delete(state);
    this.#ready.give(state);
  }

  /** A node that was taken does not run after all: nobody waits for it. */
  left(state: NodeState): void {
    this.#running.delete(state);
  }

  /** A node has succeeded: those that waited for it alone can start. */
  succeeded(state: NodeState): void {
    this.#release(state);
    const { nodes, topology } = this.#options;
    for (const position of topology.dependents[state.position] ?? [])
      this.#addIfReady(nodes[position] as NodeState);
  }

  /** A node has another attempt. */
  again(state: NodeState, waitMs: number): void {
    if (waitMs === 0) return this.#ready.add(state);
    this.#pausing++;
    const ready = (): void => {
      this.#pausing--;
      this.#ready.add(state);
      this.#options.wake();
    };
    sleep(waitMs, undefined, { signal: this.#options.signal }).then(ready, ready);
  }

  /** What runs is nobody's matter here any more. */
  leave(): void {
    this.#ready.giveAll();
  }

  /** The node's dependents wait for one less. */
  #release(state: NodeState): void {
    for (const position of this.#options.topology.dependents[state.position] ?? [])
      this.#waiting[position] = (this.#waiting[position] as number) - 1;
  }

  #addIfReady(state: NodeState): void {
    if (this.#waiting[state.position] === 0 && state.phase !== 'Succeeded') this.#ready.add(state);
  }
}
