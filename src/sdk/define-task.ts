import { SluiceError } from '../core/errors.ts';
import { deepFreeze, type Task } from '../graph/index.ts';
import { currentBuilder } from './graph-builder.ts';
import type { CallOptions, Node, TaskCall, TaskFunction } from './task-call.ts';

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
