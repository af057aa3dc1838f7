import type { TrainingTask } from '../../src/graph/types.ts';
import type { JobHandle, JobStatus, Platform } from '../../src/platforms/index.ts';
import { IMAGE } from './containers.ts';

/** A shell command in the image of the tests, as a training job. */
export function taskOf(command: string, more: Partial<TrainingTask> = {}): TrainingTask {
  return {
    type: 'training',
    name: 'train',
    interface: { inputs: {}, outputs: {} },
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    volumeSizeInGB: 1,
    image: IMAGE,
    command: ['sh', '-c', command],
    environment: {},
    maxRuntimeInSeconds: 600,
    channels: {},
    hyperparameters: {},
    metricDefinitions: [],
    enableManagedSpotTraining: false,
    ...more,
  };
}

/** Submits a task under a name that is its key, too. */
export function submitJob(
  platform: Platform,
  key: string,
  task: TrainingTask,
  inputs: Record<string, string> = {},
): Promise<JobHandle> {
  return platform.submit({ task, inputs, jobName: key }, { idempotencyKey: key });
}

/** What a job comes to. */
export async function endOfJob(platform: Platform, handle: JobHandle): Promise<JobStatus> {
  const seen = await Array.fromAsync(platform.watch(handle));
  return seen.at(-1) as JobStatus;
}

/** Waits until a job's program has printed a line. */
export async function untilPrinted(platform: Platform, handle: JobHandle, line: string): Promise<void> {
  for await (const { message } of platform.logs(handle, { follow: true })) if (message === line) return;
}

/** All that it has printed. */
export async function linesOf(platform: Platform, handle: JobHandle): Promise<string[]> {
  return (await Array.fromAsync(platform.logs(handle))).map(({ message }) => message);
}
