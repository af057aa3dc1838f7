export { createLocalPlatform } from './local/local-platform.ts';
export type {
  JobHandle,
  JobStatus,
  LogLine,
  Platform,
  SubmitOptions,
  TaskInvocation,
} from './platform.ts';
