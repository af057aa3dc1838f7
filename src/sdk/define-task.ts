import { SluiceError } from '../core/errors.ts';
import { deepFreeze, type Task } from '../graph/index.ts';
import { currentBuilder, type Node } from './graph-builder.ts';

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

/** Makes a task callable. */
export function defineTask<Inputs, Outputs>(
  task: Task,
  directory: string,
  run?: TaskFunction,
): TaskCall<Inputs, Outputs> {
  deepFreeze(task);
  const call = (inputs: Inputs, options?: CallOptions): Outputs & Node => {
    const builder = currentBuilder();
    if (!builder) throw outsideWorkflow(task);
    return builder.addNode({ task, directory, run }, inputs ?? {}, options) as Outputs & Node;
  };
  return Object.freeze(Object.assign(call, { task }));
}

function outsideWorkflow({ name, file }: Task): SluiceError {
  return new SluiceError(
    'GraphInvalid',
    `Task '${name}' (${file}) was called outside a workflow: a call makes a node, it does not run the task.`,
    { hint: `Call it inside workflow('name', { inputs }, (inputs) => { … }).` },
  );
}
