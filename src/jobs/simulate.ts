import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { JobLife, JobOutcome } from './job-life.ts';

/** How jobs pass through their statuses when none of them runs. */
export interface Simulation {
  /** How long a job stays in a secondary status, milliseconds. */
  readonly delayMs: (secondaryStatus: string) => number;
}

/** A training job that does not run: it names the artifacts that a real one would have made. */
export async function simulateTraining(
  life: JobLife<CreateTrainingJobRequest>,
  simulation: Simulation,
): Promise<JobOutcome> {
  const output = life.request.OutputDataConfig;
  const base = `${output?.S3OutputPath?.replace(/\/+$/, '')}/${life.record.name}/output`;
  const modelArtifacts = output?.CompressionType === 'NONE' ? `${base}/model/` : `${base}/model.tar.gz`;
  return simulate(life, simulation, [
    ['Downloading', 'Downloading input data'],
    ['Training', 'Training image download completed. Training in progress.'],
    ['Uploading', 'Uploading generated training model', { modelArtifacts }],
  ]);
}

/** A processing job that does not run. */
export async function simulateProcessing(life: JobLife, simulation: Simulation): Promise<JobOutcome> {
  return simulate(life, simulation, [
    ['Downloading', 'Downloading input data'],
    ['Processing', 'Processing in progress'],
    ['Uploading', 'Uploading processing outputs'],
  ]);
}

/** A transform job that does not run. */
export async function simulateTransform(life: JobLife, simulation: Simulation): Promise<JobOutcome> {
  return simulate(life, simulation, [
    ['Downloading', 'Downloading the model'],
    ['Transforming', 'Transform in progress'],
    ['Uploading', 'Uploading transform output'],
  ]);
}

type Step = readonly [status: string, message: string, facts?: { readonly modelArtifacts: string }];

async function simulate(
  life: JobLife,
  simulation: Simulation,
  steps: readonly [Step, ...Step[]],
): Promise<JobOutcome> {
  // Steps that follow each other without a delay share one commit.
  const commits: Promise<void>[] = [];
  const stay = async (status: string): Promise<void> => {
    const ms = simulation.delayMs(status);
    if (ms > 0) {
      await Promise.all(commits.splice(0));
      await sleep(ms, undefined, { signal: life.stopSignal }).catch(() => undefined);
    }
    life.throwIfStopping();
  };
  await stay('Starting');
  for (const [status, message, facts] of steps) {
    commits.push(
      life.record.startedAt === undefined ? life.begin(status, message) : life.enter(status, message),
    );
    await stay(status);
    if (facts) commits.push(life.note(facts));
  }
  await Promise.all(commits);
  return { status: 'Completed' };
}
