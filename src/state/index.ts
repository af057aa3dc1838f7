export type { Database, SqlRow, SqlValue, Statements } from './database.ts';
export { type EventFilter, listEvents, type StateEvent } from './list-events.ts';
export { type OpenDatabaseOptions, openDatabase } from './open-database.ts';
export { currentProcess, identifyProcess, isProcessAlive, type ProcessIdentity } from './process-identity.ts';
export { type NewEvent, recordEvents } from './record-events.ts';
export { isUniqueViolation } from './sqlite-error.ts';
export { createJob } from './jobs-create.ts';
export { getJob, getJobByIdempotencyKey } from './jobs-get.ts';
export { type JobFilter, listJobs } from './jobs-list.ts';
export { createModel, getModel, type ModelRecord } from './jobs-models.ts';
export { listStopRequests, requestStop } from './jobs-stop.ts';
export { endOrphan, updateJob } from './jobs-update.ts';
export {
  isEnded,
  type JobProgress,
  type JobRecord,
  type JobState,
  type JobType,
  type StatusTransition,
} from './jobs.ts';
