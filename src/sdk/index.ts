export {
  type BatchTransformInputs,
  type BatchTransformOutputs,
  type BatchTransformTaskOptions,
  batchTransformTask,
} from './batch-transform-task.ts';
export type { ChannelDict, ChannelInput } from './channel-input.ts';
export {
  type EndpointOutputs,
  type EndpointTaskOptions,
  type EndpointVariantOptions,
  endpointTask,
} from './endpoint-task.ts';
export type { JobOptions } from './job-options.ts';
export {
  type ProcessingInputOptions,
  type ProcessingOutputOptions,
  type ProcessingTaskOptions,
  processingTask,
} from './processing-task.ts';
export type { InputValue, Mixed, MixedJson, Reference } from './references.ts';
export { type TaskContext, type TaskOptions, task } from './task.ts';
export type { CallOptions, Node, TaskCall, TaskFunction } from './task-call.ts';
export {
  type TrainingInputs,
  type TrainingOutputs,
  type TrainingTaskOptions,
  trainingTask,
} from './training-task.ts';
export {
  boolean,
  float,
  integer,
  json,
  type PropertyFileOf,
  string,
  uri,
  type VariableOf,
  type VariableOptions,
} from './variables.ts';
export {
  isWorkflow,
  type Workflow,
  type WorkflowOptions,
  type WorkflowOutputs,
  workflow,
} from './workflow.ts';
