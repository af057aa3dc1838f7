import type { Task } from '../graph/index.ts';

/** The key under which the result of a call carries its node's name. */
export const nodeName: unique symbol = Symbol('sluice.node');

/** The result of calling a task: its outputs are properties of it. */
export interface Node {
  readonly [nodeName]: string;
}

/** How one call of a task becomes a node. */
export interface CallOptions {
  /** The node's name. @default the task's name */
  readonly name?: string;
  /** Nodes that must succeed first although no data flows: results of calls, or node names. */
  readonly after?: readonly (Node | string)[];
}

/** A task: call it in a workflow to make a node. */
export interface TaskCall<Inputs, Outputs> {
  (inputs: Inputs, options?: CallOptions): Outputs & Node;
  /** What the graph will say of it. */
  readonly task: Task;
}

/** The function of a `task()`; never part of the graph. */
export type TaskFunction = (inputs: never, context: never) => unknown;
