export type { Stores } from '../channels/index.ts';
export { isEnded, type JobRecord, type JobState, type JobType } from '../state/index.ts';
export { createJobs, type Jobs, type JobsOptions } from './create-jobs.ts';
export { faultOf } from './failure.ts';
export type { JobService } from './job-service.ts';
export { LogFile, type LogPage, type PlacedLine } from './logs/log-file.ts';
export type { JobLogLine } from './logs/log-reader.ts';
export type { Simulation } from './simulate.ts';
export { describeTrainingJob } from './training-describe.ts';
