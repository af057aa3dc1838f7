export type { Concurrency } from './concurrency.ts';
export { createEngine } from './engine.ts';
export type {
  Engine,
  EngineOptions,
  Planner,
  ResumeRunOptions,
  StartRunOptions,
} from './engine-options.ts';
export { isQueued, type QueuedRun } from './queued-run.ts';
export { type Retry, retryAfter } from './retry.ts';
export {
  type FunctionContext,
  MAX_OUTPUTS_BYTES,
  outputsTooLong,
  runFunction,
  type TaskFunction,
} from './run-function.ts';
export type { NodeResult, RunEvent, RunHandle, RunResult } from './run-handle.ts';
export { SharedPlaces } from './shared-places.ts';
