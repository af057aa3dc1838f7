import { posix } from 'node:path';
import type { InputChannel, PreparedInput } from '../channels/index.ts';
import { prepareInput } from '../channels/index.ts';
import type { Mount } from '../contract/mount.ts';
import { errorMessage } from '../core/errors.ts';
import { makeBelow } from '../core/tree/index.ts';
import { stageFailure } from './failure.ts';
import { hostPath, type JobHost, jobPlace } from './job-host.ts';
import type { JobLife } from './job-life.ts';

/** A channel and where the job sees it. */
export interface JobInput {
  readonly channel: InputChannel;
  /** Path in the job. */
  readonly target: string;
  /** The job writes there: it gets a copy, not the objects themselves. @default false */
  readonly writable?: boolean;
  /** The hosts that get it: those of its instance groups. @default all */
  readonly hosts?: readonly string[];
}

/** All channels of all hosts, ready. */
export interface JobInputs {
  /** What to show each host, by its index. */
  readonly mounts: readonly (readonly Mount[])[];
  /** Settles when a channel has failed while the job ran. */
  readonly failed: Promise<Error>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Brings every channel in for every host. @throws JobFailure that names the channel. */
export async function prepareInputs(
  life: JobLife,
  hosts: readonly JobHost[],
  inputs: readonly JobInput[],
): Promise<JobInputs> {
  const attempts = await Promise.allSettled(
    hosts.flatMap((host) =>
      inputs.flatMap((input) => {
        const sharing = input.hosts ?? hosts.map(({ name }) => name);
        const place = { index: sharing.indexOf(host.name), count: sharing.length };
        return place.index < 0 ? [] : prepareOne(life, host, place, input);
      }),
    ),
  );
  const ready = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []));
  const close = async (): Promise<void> => {
    await Promise.all(ready.map(({ input }) => input.close()));
  };
  const refused = attempts.find((attempt) => attempt.status === 'rejected');
  if (refused) {
    await close();
    throw refused.reason;
  }
  return {
    mounts: hosts.map((host) => ready.flatMap((each) => (each.host === host ? each.input.mounts : []))),
    failed: Promise.race(ready.map((each) => each.failed)),
    close,
  };
}

interface ReadyInput {
  readonly host: JobHost;
  readonly input: PreparedInput;
  readonly failed: Promise<Error>;
}

async function prepareOne(
  life: JobLife,
  host: JobHost,
  place: { readonly index: number; readonly count: number },
  { channel, target, writable = false }: JobInput,
): Promise<ReadyInput> {
  const directory = hostPath(host.mlDirectory, target);
  try {
    makeBelow(jobPlace(host.mlDirectory, posix.dirname(target))).close();
    const input = await prepareInput({
      channel,
      host: place,
      target,
      directory,
      root: host.mlDirectory,
      mounts: life.context.executor.capabilities.mounts && !writable,
      stores: life.context.stores,
      signal: life.stopSignal,
    });
    for (const note of input.notes) host.log.note(note);
    return {
      host,
      input,
      failed: input.failed.then((error) => channelFailure(channel.name, error) as Error),
    };
  } catch (error) {
    throw channelFailure(channel.name, error);
  }
}

/** Errors of an object do not know whose it is; those of a channel say so themselves. */
function channelFailure(name: string, error: unknown): unknown {
  const named = errorMessage(error).includes(`'${name}'`);
  return stageFailure(named ? 'Data download failed' : `Data download failed for channel '${name}'`, error);
}
