import { MODEL_DIRECTORY, type PlannedFile } from '../contract/paths.ts';
import { planProcessingFiles } from '../contract/processing-files.ts';
import { planTrainingFiles } from '../contract/training-files.ts';
import {
  type JobInput,
  processingDirectories,
  processingInputs,
  processingOutputs,
  trainingDirectories,
  trainingInputs,
} from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';

/** What a host of a job is given. */
export interface HostPlan {
  readonly directories: readonly string[];
  readonly files: readonly PlannedFile[];
  readonly inputs: readonly JobInput[];
  /** Places that the job writes into. */
  readonly outputs: readonly string[];
}

/** What the contract says that a host finds. Pure. @throws JobFailure */
export function planHost({ document, host, hosts }: AgentJob): HostPlan {
  if (document.jobType === 'training') {
    const { request } = document;
    const inputs = trainingInputs(request);
    return {
      directories: [...trainingDirectories(request)],
      files: planTrainingFiles(request, host.name),
      inputs,
      outputs: [],
    };
  }
  if (document.jobType === 'transform')
    return { directories: [MODEL_DIRECTORY], files: [], inputs: [], outputs: [] };
  const { request } = document;
  return {
    directories: processingDirectories(request),
    files: planProcessingFiles(request, host.name, document.arn),
    inputs: processingInputs(request).map((input) => ({ hosts, ...input })),
    outputs: processingOutputs(request).map((output) => output.localPath),
  };
}

/** Whether a channel is brought in while the job runs. Pure. */
export function isFed({ channel }: JobInput, { settings }: Pick<AgentJob, 'settings'>): boolean {
  return channel.inputMode === 'Pipe' || (channel.inputMode === 'FastFile' && settings.mountFastFile);
}
