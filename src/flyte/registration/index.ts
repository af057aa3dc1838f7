/** The door to registration: workflows as Flyte's tasks, workflows and launch plans, and their executions. */
export { type AdminSettings, consoleLink } from './admin/admin-settings.ts';
export { FlyteAdmin, type FlyteAdminOptions } from './admin/flyte-admin.ts';
export { readAdminSettings } from './admin/read-admin-settings.ts';
export {
  type AttemptState,
  abortExecution,
  createExecution,
  type ExecutionId,
  type ExecutionState,
  executionOutputs,
  getExecution,
  hasEnded,
  listAttempts,
  listNodes,
  type NodeState,
  parseExecution,
} from './executions/execution.ts';
export { watchExecution } from './executions/watch-execution.ts';
export { createRun2 } from './flyte2/create-run.ts';
export { planRun2 } from './flyte2/plan-run.ts';
export { inlineBundles } from './inline-bundles.ts';
export { launchInputs } from './launch-inputs.ts';
export type { FlytePackage, Schedule } from './plan/messages.ts';
export {
  contentVersion,
  type EntityPlace,
  type PlanPackageOptions,
  planPackage,
} from './plan/plan-package.ts';
export { type RegisteredEntity, registerPackage } from './register-package.ts';
export { uploadBundles } from './upload-bundles.ts';
export { writePackage } from './write-package.ts';
