export { type BatchPlatformOptions, createBatchPlatform } from './batch/batch-platform.ts';
export {
  type CreateCoreWeaveOptions,
  createCoreWeavePlatform,
} from './coreweave/create-coreweave-platform.ts';
export { createEmrPlatform, type EmrPlatformOptions } from './emr/emr-platform.ts';
export { withInstanceCount } from './instance-count.ts';
export { type JobHandle, parseJobHandle } from './job-handle.ts';
export {
  type CreateKubernetesOptions,
  createKubernetesPlatform,
} from './kubernetes/create-kubernetes-platform.ts';
export { createLocalPlatform } from './local/local-platform.ts';
export {
  isTerminal,
  type JobStatus,
  type LogLine,
  type OutputStore,
  type Platform,
  type TaskInvocation,
} from './platform.ts';
export {
  createSageMakerPlatform,
  type SageMakerPlatformOptions,
} from './sagemaker/sagemaker-platform.ts';
export { applySettings, outputUriUnder } from './settings/apply-settings.ts';
