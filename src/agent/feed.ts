import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startContinuousUpload } from '../channels/index.ts';
import { AGENT_ENDING_FILE, AGENT_READY_FILE } from '../contract/agent-places.ts';
import { INTERNAL_SERVER_ERROR } from '../contract/failure-reason.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { onAbort } from '../core/on-abort.ts';
import {
  bestEffort,
  failureReasonOf,
  isDiskFull,
  type JobInputs,
  prepareInputs,
  startContinuousUploads,
} from '../hosts/index.ts';
import { type AgentJob, lifeOf, openVolume } from './agent-job.ts';
import { type KeptFailure, keepState, readState } from './agent-state.ts';
import { checkpointPlace } from './checkpoint-place.ts';
import { serveFeed } from './feed-server.ts';
import { isFed, planHost } from './plan-host.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Does what a job needs while it runs: feeds channels in Pipe mode, serves mounted ones, uploads checkpoints and
 * continuous outputs. Ends, after the last uploads, once the user's container has ended, or its time to end is over.
 *
 * @param over aborts once it has ended
 */
export async function feed(job: AgentJob, over: AbortSignal): Promise<void> {
  const { settings } = job;
  const { directory, port, key } = settings;
  const grace = new AbortController();
  const ended = AbortSignal.any([over, grace.signal]);
  // A program that heeds no signal is killed with its pod: what it has made by then is taken before.
  let timer: NodeJS.Timeout | undefined;
  const onEnding = (): void => {
    timer ??= setTimeout(() => grace.abort(), settings.stopGraceSeconds * 1000);
  };
  const onStopping = (): void => {
    keepState(directory, 'stopping', true);
    onEnding();
  };
  const looking = setInterval(() => {
    if (existsSync(join(directory, AGENT_ENDING_FILE))) onEnding();
  }, LOOK_EVERY_MS).unref();
  openVolume(job);
  // An agent that begins again does not know how far the channels were read.
  let failureReason = readState(directory, 'feeding') && `${INTERNAL_SERVER_ERROR} (the agent was restarted)`;
  keepState(directory, 'feeding', true);
  const readyFile = join(directory, AGENT_READY_FILE);
  const isReady = (): boolean => existsSync(readyFile);
  const server = port === undefined ? undefined : await serveFeed({ port, key, isReady, onStopping });
  let uploads: readonly KeptFailure[] = [];
  try {
    const feeding = failureReason === undefined ? await startFeeding(job) : undefined;
    tellReady(readyFile);
    const failed = await Promise.race([...(feeding ? [feeding.failed] : []), untilAborted(ended)]);
    if (failed) {
      failureReason = failureReasonOf(failed);
      job.note(failureReason);
      // Its readers see an end: nobody waits for what will not come. The job has failed, whatever they make of it.
      await feeding?.closeInputs();
      await untilAborted(ended);
    }
    uploads = (await feeding?.close()) ?? [];
  } catch (error) {
    failureReason = failureReasonOf(error);
    job.note(failureReason);
    tellReady(readyFile);
    await untilAborted(ended);
  } finally {
    clearInterval(looking);
    clearTimeout(timer);
    server?.close();
    keepState(directory, 'fed', { failureReason, uploads });
  }
}

/** On a full disk nobody learns of it, and the job ends for that. */
function tellReady(file: string): void {
  try {
    writeFileSync(file, '');
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

interface Feeding {
  /** Settles when a channel has failed. */
  readonly failed: Promise<Error>;
  closeInputs(): Promise<void>;
  /** After the last uploads. @returns those that failed */
  close(): Promise<KeptFailure[]>;
}

async function startFeeding(job: AgentJob): Promise<Feeding> {
  const { host, document } = job;
  const life = lifeOf(job, document.request);
  const inputs: JobInputs = await prepareInputs(
    life,
    [host],
    planHost(job).inputs.filter((input) => isFed(input, job)),
  );
  const checkpoints = startCheckpoints(job);
  const outputs =
    document.jobType === 'processing'
      ? startContinuousUploads(lifeOf(job, document.request), [host])
      : undefined;
  return {
    failed: inputs.failed,
    closeInputs: () => inputs.close(),
    async close() {
      await inputs.close();
      await bestEffort([host], async () => checkpoints?.close());
      await outputs?.close();
      return [...(outputs?.failures ?? [])].map(([name, error]) => kept(name, error));
    },
  };
}

function startCheckpoints(job: AgentJob) {
  const { document, host, stores, settings } = job;
  if (document.jobType !== 'training') return undefined;
  const place = checkpointPlace(job, document.request);
  if (!place) return undefined;
  const [path] = place.names ?? [];
  return startContinuousUpload({
    ...place,
    stores,
    known: readState(settings.directory, 'checkpoints') ?? [],
    onLeftOut: (message) => host.log.note(`Warning: ${path}: ${message}`),
    onError: (error) => host.log.note(`Checkpoints not uploaded: ${errorMessage(error)}`),
  });
}

function kept(name: string, error: unknown): KeptFailure {
  const { code, hint } = error instanceof SluiceError ? error : { code: undefined, hint: undefined };
  return { name, code, message: errorMessage(error), hint };
}

/** Holds the process: there may be nothing else that does. */
function untilAborted(signal: AbortSignal): Promise<undefined> {
  const holding = setInterval(() => undefined, 2 ** 30);
  return new Promise<undefined>((resolve) => {
    onAbort(signal, () => resolve(undefined));
  }).finally(() => clearInterval(holding));
}
