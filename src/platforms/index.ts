export { type BilledJob, type CostEstimate, estimateCost } from './cost.ts';
export { createLocalPlatform } from './local/local-platform.ts';
export type {
  JobHandle,
  JobStatus,
  LogLine,
  Platform,
  SubmitOptions,
  TaskInvocation,
} from './platform.ts';
export { sagemakerPrices } from './prices.ts';
