export { type CancelRequest, isRunCancelRequested, requestRunCancel } from './cancel-run.ts';
export { claimRun, type RunClaim } from './claim-run.ts';
export { countEndpoints, countJobs } from './count-by-status.ts';
export { createRun, type NewRun } from './create-run.ts';
export type { Database, SqlRow, SqlValue, Statements } from './database.ts';
export { deleteRun, isRunActive } from './delete-run.ts';
export type {
  EndpointDeployment,
  EndpointProgress,
  EndpointRecord,
  EndpointStatus,
  EndpointVariant,
} from './endpoints.ts';
export {
  type EndpointFilter,
  getEndpoint,
  listEndpoints,
} from './endpoints-get.ts';
export { claimEndpoint, createEndpoint, deleteEndpoint, updateEndpoint } from './endpoints-save.ts';
export { findDamage } from './find-damage.ts';
export { getRun, getRunGraph, listNodes } from './get-run.ts';
export { changeIamEntity, getIamEntity, type IamRecord, listIamEntities } from './iam.ts';
export {
  isEnded,
  type JobFailed,
  type JobOutcome,
  type JobProgress,
  type JobRecord,
  type JobState,
  type JobSummary,
  type JobType,
  type StatusTransition,
  type StopReason,
} from './jobs.ts';
export { createJob } from './jobs-create.ts';
export { deleteJob } from './jobs-delete.ts';
export { getJob, getJobByIdempotencyKey } from './jobs-get.ts';
export { type JobFilter, listJobSummaries, listJobs, listOpenJobs } from './jobs-list.ts';
export { jobEvent } from './jobs-rows.ts';
export { listStopRequests, requestStop } from './jobs-stop.ts';
export { endOrphan, type Orphan, takeOverJob, updateJob } from './jobs-update.ts';
export { updateJobRequest } from './jobs-update-request.ts';
export { isLeaseLost, type Lease, leaseLost, processOfLease } from './lease.ts';
export { listCancelRequests } from './list-cancel-requests.ts';
export { type EventFilter, lastEventId, listEvents, type StateEvent } from './list-events.ts';
export { listRunJobs, type RunJob } from './list-run-jobs.ts';
export { listRuns, type RunFilter } from './list-runs.ts';
export { listWorkers, type WorkerSummary } from './list-workers.ts';
export {
  appendLogEvents,
  deleteLogEventsBefore,
  firstLogEventAt,
  logEventsEnd,
  type NewLogEvent,
  readLogEvents,
} from './log-events.ts';
export {
  createLogGroup,
  deleteLogGroup,
  getLogGroup,
  type LogGroupRecord,
  type LogGroupSettings,
  listLogGroups,
  updateLogGroup,
} from './log-groups.ts';
export {
  createLogStream,
  deleteLogStream,
  getLogStream,
  type LogStreamRecord,
  listLogStreams,
} from './log-streams.ts';
export { thisMachine } from './machine.ts';
export { type MetricKey, type MetricPoint, type MetricPoints, metricPoint } from './metrics.ts';
export { findMetrics, listMetrics, type MetricSeries, readMetricPoints } from './metrics-get.ts';
export { putMetrics } from './metrics-put.ts';
export { openDatabase } from './open-database.ts';
export type { OpenDatabaseOptions } from './open-options.ts';
export { currentProcess, identifyProcess, isProcessAlive, type ProcessIdentity } from './process-identity.ts';
export { type EventPosition, type RunEventPage, readRunEvents } from './read-run-events.ts';
export { type NewEvent, recordEvents } from './record-events.ts';
export { type ReplacedGraph, replaceRunGraph } from './replace-run-graph.ts';
export {
  createResource,
  deleteResource,
  getResource,
  listResources,
  type ResourceKind,
  type ResourceRecord,
} from './resources.ts';
export { Roster, readRoster, type Standing } from './roster.ts';
export { listServerRuns, type RunDoor } from './run-door.ts';
export { findRunByKey, type RunKey } from './run-keys.ts';
export { getRunPlan, listPastRuns, type PastRun } from './run-plans.ts';
export type {
  NodeDetail,
  NodeJob,
  NodePhase,
  NodeRecord,
  RunFailure,
  RunOptions,
  RunPhase,
  RunRecord,
  SpentAttempt,
} from './runs.ts';
export { type NodeChange, type RunChanges, type RunEnd, saveRun } from './save-run.ts';
export {
  deleteScalableTarget,
  getScalableTarget,
  listEndpointTargets,
  listScalableTargets,
  putScalableTarget,
} from './scalable-targets.ts';
export type {
  ScalableTargetRecord,
  ScalableTargetSettings,
  ScalingActivity,
  ScalingActivityRecord,
  ScalingPolicyRecord,
} from './scaling.ts';
export {
  createScalingActivity,
  listScalingActivities,
  updateScalingActivity,
} from './scaling-activities.ts';
export { deleteScalingPolicy, listScalingPolicies, putScalingPolicy } from './scaling-policies.ts';
export type { PageFilter } from './select-page.ts';
export { sharedSecret } from './shared-secret.ts';
export { backupDatabase } from './sqlite/backup-database.ts';
export { moveDatabase } from './sqlite/move-database.ts';
export {
  deleteTags,
  getTaggedRequest,
  getTags,
  isTaggedKind,
  putTags,
  type TaggedKind,
  type TagSet,
} from './tags.ts';
export {
  associateTrialComponent,
  disassociateTrialComponent,
  listTrialAssociations,
} from './trial-associations.ts';
export { forgetUpload, listUploads, noteUpload, type UploadRecord } from './uploads.ts';
export {
  expelLostWorkers,
  registerWorker,
  type Worker,
  type WorkerSettings,
  workerOf,
} from './worker.ts';
export type { WorkerRecord } from './workers.ts';
export { expelNow, findWorker } from './workers-save.ts';
export {
  getWorkflowVersion,
  listWorkflowVersions,
  type NewWorkflowVersion,
  putWorkflowVersion,
  type WorkflowVersion,
  type WorkflowVersionFilter,
} from './workflow-versions.ts';
