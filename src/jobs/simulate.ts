import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import type { JobOutcome } from '../state/index.ts';
import type { JobLife } from './job-life.ts';
import type { Simulation } from './simulation.ts';

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
  const stay = async (status: string, entered?: Promise<void>): Promise<void> => {
    const ms = simulation.delayMs(status);
    // Steps without a delay between them are written as one, with the job's end.
    if (ms > 0) {
      await entered;
      await sleep(ms, undefined, { signal: life.stopSignal }).catch(() => undefined);
    }
    life.throwIfStopping();
  };
  await stay('Starting');
  for (const [status, message, facts] of steps) {
    const entered =
      life.record.startedAt === undefined ? life.begin(status, message) : life.enter(status, message);
    // Its failure is the next write's too.
    entered.catch(() => undefined);
    await stay(status, entered);
    if (facts) life.note(facts).catch(() => undefined);
  }
  return { status: 'Completed' };
}
