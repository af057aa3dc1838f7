export type { ErrorCode } from './core/error-codes.ts';
export { SluiceError } from './core/errors.ts';
export type { FailurePolicy, Json, WorkflowGraph } from './graph/index.ts';
export * from './sdk/index.ts';
