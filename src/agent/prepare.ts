import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { makeFirstFifo, restoreCheckpoints } from '../channels/index.ts';
import { agentEnvironment } from '../contract/agent-environment.ts';
import type { AgentResult } from '../contract/agent-result.ts';
import { clientError } from '../contract/failure-reason.ts';
import { CODE_DIRECTORY } from '../contract/paths.ts';
import { submittedCode } from '../contract/submitted-code.ts';
import {
  duringStage,
  JobFailure,
  jobPlace,
  makeHostFiles,
  prepareInputs,
  prepareModel,
  unpackForJob,
} from '../hosts/index.ts';
import { type AgentJob, lifeOf, openVolume } from './agent-job.ts';
import { keepState } from './agent-state.ts';
import { checkpointPlace } from './checkpoint-place.ts';
import { failed, writeResult } from './conclude.ts';
import { copyInit } from './copy-init.ts';
import { modelContainer } from './model-container.ts';
import { isFed, planHost } from './plan-host.ts';
import { shareAddresses } from './share-addresses.ts';
import { writeHostsFile } from './write-hosts-file.ts';

/** How a host is prepared. */
export interface PrepareOptions {
  /** Where the environment of the user's container is written, a line for each variable. @default nowhere */
  readonly environmentFile?: string | undefined;
  /** Of the user's container. @default this container's */
  readonly cpus?: number | undefined;
  /** Of the user's container. @default 0 */
  readonly gpus?: number | undefined;
  /** Where a hosts file is written, once all hosts are there. @default nowhere */
  readonly hostsFile?: string | undefined;
  /** The hosts' names in the DNS, in their order; for `hostsFile`. */
  readonly peers?: readonly string[] | undefined;
  /** Where this host is reached: it is told to the others by the store, in place of `peers`. */
  readonly address?: string | undefined;
  /** Where an init for the user's container is copied to. @default nowhere */
  readonly initFile?: string | undefined;
}

/**
 * Makes a host ready for the user's container: config files, channels in File mode, FIFOs, code, the model, checkpoints
 * of an earlier run. Where that fails the job has failed: its result is written, for nobody else will.
 *
 * @returns the result of a job that has failed
 */
export async function prepare(job: AgentJob, options: PrepareOptions = {}): Promise<AgentResult | undefined> {
  try {
    await makeReady(job, options);
    return undefined;
  } catch (error) {
    const { host, stopping } = job;
    const stopped = stopping.signal.aborted;
    const conclusion = stopped
      ? ({ status: 'Stopped' } as const)
      : { ...failed(error), failedHost: host.name };
    return writeResult(job, conclusion, [{ host: host.name, end: { stopped } }]);
  }
}

async function makeReady(job: AgentJob, options: PrepareOptions): Promise<void> {
  openVolume(job);
  const { host, document } = job;
  if (options.initFile !== undefined) copyInit(options.initFile, process.env['PATH'] ?? '');
  const plan = planHost(job);
  makeHostFiles(host.mlDirectory, plan.directories, plan.files);
  writeEnvironment(job, options);
  const { hostsFile, address, peers = [] } = options;
  if (hostsFile !== undefined && address !== undefined) await shareAddresses(job, hostsFile, address);
  else if (hostsFile !== undefined) await writeHostsFile(hostsFile, { peers, signal: job.stopping.signal });
  const life = lifeOf(job, document.request);
  const own = plan.inputs.filter((input) => !isFed(input, job));
  await prepareInputs(life, [host], own, plan.outputs);
  for (const { channel, target } of plan.inputs)
    if (channel.inputMode === 'Pipe') await makeFirstFifo(jobPlace(host.mlDirectory, target));
  if (document.jobType === 'training') await prepareTraining(job, document.request);
  if (document.jobType === 'transform') {
    await prepareModel(life, host, modelContainer(document));
  }
}

async function prepareTraining(job: AgentJob, request: CreateTrainingJobRequest): Promise<void> {
  const { host, stores, stopping, settings } = job;
  const life = lifeOf(job, request);
  const uri = submittedCode({ hyperparameters: request.HyperParameters, environment: request.Environment });
  if (uri !== undefined) {
    await duringStage('Failed to get sagemaker_submit_directory', () =>
      unpackForJob({ life, host, uri, path: CODE_DIRECTORY }),
    );
  }
  const place = checkpointPlace(job, request);
  if (!place) return;
  const { known } = await duringStage('Checkpoint download failed', () =>
    restoreCheckpoints({ ...place, stores, signal: stopping.signal }),
  );
  keepState(settings.directory, 'checkpoints', known);
}

/** In the form of Kubernetes' files of environment: a value in single quotes means itself. */
function writeEnvironment(
  { document, host }: AgentJob,
  { environmentFile, cpus = availableParallelism(), gpus = 0 }: PrepareOptions,
): void {
  if (environmentFile === undefined) return;
  const variables = Object.entries(agentEnvironment(document, host.name, { cpus, gpus }));
  writeFileSync(environmentFile, variables.map(variableLine).join(''), { mode: 0o644 });
}

/** @throws JobFailure for what no quotes can hold */
function variableLine([name, value]: readonly [string, string]): string {
  if (!value.includes("'")) return `${name}='${value}'\n`;
  throw new JobFailure(
    clientError(`The environment variable ${name} has a single quote, which its file cannot hold.`),
  );
}
