import type { LeastRolesOptions } from './roles-options.ts';

/** SageMaker's nouns, in the names of actions. */
export const NOUNS = {
  training: 'TrainingJob',
  processing: 'ProcessingJob',
  batch_transform: 'TransformJob',
  endpoint: 'Endpoint',
} as const;
/** The same in ARNs. */
export const ARN_WORDS = {
  training: 'training-job',
  processing: 'processing-job',
  batch_transform: 'transform-job',
  endpoint: 'endpoint',
} as const;
/** The same in the names of log groups. */
export const LOG_GROUPS = {
  training: 'TrainingJobs',
  processing: 'ProcessingJobs',
  batch_transform: 'TransformJobs',
  endpoint: 'Endpoints',
} as const;
/** What any job may be. */
const JOB_TYPES = ['training', 'processing', 'batch_transform'] as const;

/** The types of the jobs at hand; all where there are none. */
export function jobTypesOf({ needs }: LeastRolesOptions) {
  return needs.jobTypes.length > 0 ? needs.jobTypes : JOB_TYPES;
}
