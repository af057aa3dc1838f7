export type { Concurrency } from './concurrency.ts';
export {
  createEngine,
  type Engine,
  type EngineOptions,
  type ResumeRunOptions,
  type StartRunOptions,
} from './engine.ts';
export type { FunctionContext, TaskFunction } from './run-function.ts';
export type { NodeResult, RunEvent, RunHandle, RunResult } from './run-handle.ts';
