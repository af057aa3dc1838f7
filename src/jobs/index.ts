export type { Stores } from '../channels/index.ts';
export { isEnded, type JobRecord, type JobState, type JobSummary, type JobType } from '../state/index.ts';
export { createJobs, type Jobs, type JobsOptions } from './create-jobs.ts';
export type { ContainerServer } from './endpoints/container-server.ts';
export type { EndpointLogStream } from './endpoints/endpoint-logs.ts';
export type { Instance } from './endpoints/instance.ts';
export type { EndpointLimits } from './endpoints/limits.ts';
export type { ModelCache } from './endpoints/models/model-cache.ts';
export { TARGET_MODEL_HEADER } from './endpoints/models/model-container.ts';
export { TargetModelError } from './endpoints/models/target-model.ts';
export { leastBusy, type RoutedVariant, suitableInstance, type TrafficRoute } from './endpoints/route.ts';
export {
  parseScalingResource,
  type ScalingResource,
} from './endpoints/scaling/scaling-resource.ts';
export type { Recovery } from './job-recovery.ts';
export type { JobService } from './job-service.ts';
export { listLeftUploads, removeLeftUpload, removeLeftUploads } from './left-uploads.ts';
export { LogFile, type LogPage, type LogPageOptions, type PlacedLine } from './logs/log-file.ts';
export type { JobLogLine, ReadLogLine } from './logs/log-reader.ts';
export type { LogPlace, LogSource } from './logs/log-source.ts';
export { MAX_PEER_BYTES, SIZE_HEADER } from './logs/peer-logs.ts';
export { isLoopback, isPeerUnavailable, PEER_PATH, Peers, RELAYED_HEADER } from './peers.ts';
export { describeProcessingJob } from './processing-describe.ts';
export type { HandedJob, OwnedJob, RunnerProcess } from './runner.ts';
export type { Simulation } from './simulation.ts';
export { describeTrainingJob } from './training-describe.ts';
export { describeTransformJob } from './transform-describe.ts';
