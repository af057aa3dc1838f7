export { createLocalPlatform, type LocalPlatformOptions } from './local/local-platform.ts';
export type {
  JobHandle,
  JobPhase,
  JobStatus,
  LogLine,
  Platform,
  PlatformCapabilities,
  SubmitOptions,
  TaskInvocation,
} from './platform.ts';
