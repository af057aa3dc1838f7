export {
  ArchiveTooLarge,
  unpackArchive,
  unpackForJob,
} from './archive.ts';
export { type Checkpoints, checkpointPath, startCheckpoints } from './checkpoints.ts';
export { readExitMessage } from './exit-message.ts';
export { bestEffort, duringStage, failureReasonOf, isDiskFull, JobFailure } from './failure.ts';
export { type Host, type HostFile, hostPath, jobPlace, makeHostFiles, readJobFile } from './host.ts';
export type { HostContext, HostLife } from './host-life.ts';
export { type JobInput, type JobInputs, prepareInputs } from './inputs.ts';
export { decodeLine, type LineSink, LogSplitter } from './log-splitter.ts';
export { MERGED_DIRECTORY } from './merge-hosts.ts';
export { type ModelLife, type PreparedModel, prepareModel } from './model.ts';
export { processingDirectories, processingInputs } from './processing-inputs.ts';
export {
  type ContinuousUploads,
  processingOutputs,
  startContinuousUploads,
  uploadProcessingOutputs,
} from './processing-output.ts';
export { type AlgorithmFailure, algorithmFailure, type HostEnd } from './results.ts';
export { createServerAgent } from './serving/http.ts';
export type { ModelServer } from './serving/model-server.ts';
export { HEALTHY_WITHIN_MS, waitUntilHealthy } from './serving/wait-until-healthy.ts';
export { trainingDirectories, trainingInputs } from './training-inputs.ts';
export { uploadTrainingOutput } from './training-output.ts';
export { stageAnswers } from './transform/stage-answers.ts';
export { transformModel } from './transform/transform-model.ts';
export {
  type TransformedObject,
  type TransformResult,
  transformObjects,
} from './transform/transform-objects.ts';
