import { posix } from 'node:path';
import { type InputChannel, type PreparedInput, prepareInput } from '../channels/index.ts';
import type { Mount } from '../contract/mount.ts';
import { errorMessage } from '../core/errors.ts';
import { DEFAULT_LIMITS } from '../core/resource-limits.ts';
import { makeBelow } from '../core/tree/index.ts';
import { stageFailure } from './failure.ts';
import type { Host } from './host.ts';
import { hostPath, jobPlace } from './host.ts';
import type { HostLife } from './host-life.ts';

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

/**
 * Brings every channel in for every host: one that lies in another one's place comes after it.
 *
 * @param outputs places in the job that it writes into: they stay its own where a channel lies around them
 * @throws JobFailure that names the channel
 */
export async function prepareInputs(
  life: HostLife,
  hosts: readonly Host[],
  inputs: readonly JobInput[],
  outputs: readonly string[] = [],
): Promise<JobInputs> {
  const ready: ReadyInput[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(ready.map(({ input }) => input.close()));
  };
  try {
    for (const level of byDepth(inputs)) ready.push(...(await prepareLevel(life, hosts, level, ready)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    mounts: hosts.map((host) =>
      layered(
        host,
        ready.filter((each) => each.host === host),
        outputs,
      ),
    ),
    failed: Promise.race(ready.map((each) => each.failed)),
    close,
  };
}

async function prepareLevel(
  life: HostLife,
  hosts: readonly Host[],
  inputs: readonly JobInput[],
  ready: ReadyInput[],
): Promise<ReadyInput[]> {
  const attempts = await Promise.allSettled(
    hosts.flatMap((host) =>
      inputs.flatMap((input) => {
        const sharing = input.hosts ?? hosts.map(({ name }) => name);
        const place = { index: sharing.indexOf(host.name), count: sharing.length };
        return place.index < 0 ? [] : prepareOne(life, host, place, input);
      }),
    ),
  );
  const made = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []));
  const refused = attempts.find((attempt) => attempt.status === 'rejected');
  if (!refused) return made;
  ready.push(...made);
  throw refused.reason;
}

/** Those that lie in no other one's place first, then those in theirs, and so on. */
function byDepth(inputs: readonly JobInput[]): JobInput[][] {
  const levels: JobInput[][] = [];
  for (const input of inputs) {
    const around = inputs.filter((other) => liesIn(input.target, other.target)).length;
    (levels[around] ??= []).push(input);
  }
  return levels.filter((level) => level !== undefined);
}

function liesIn(path: string, directory: string): boolean {
  return trimmed(path).startsWith(`${trimmed(directory)}/`);
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}

/** What is the job's own, copied or written, is shown again where a mount would cover it. */
function layered(host: Host, ready: readonly ReadyInput[], outputs: readonly string[]): Mount[] {
  const shown = ready.flatMap(({ input }) => input.mounts);
  const copied = ready.flatMap(({ input, target }) => (input.mounts.length === 0 ? [target] : []));
  const own = [...copied, ...outputs]
    .filter((path) => shown.some(({ target }) => liesIn(path, target)))
    .map((path) => ({ source: hostPath(host.mlDirectory, path), target: trimmed(path), readOnly: false }));
  return [...shown, ...own].sort((a, b) => depth(a.target) - depth(b.target));
}

function depth(path: string): number {
  return trimmed(path).split('/').length;
}

interface ReadyInput {
  readonly target: string;
  readonly host: Host;
  readonly input: PreparedInput;
  readonly failed: Promise<Error>;
}

async function prepareOne(
  life: HostLife,
  host: Host,
  place: { readonly index: number; readonly count: number },
  { channel, target, writable = false }: JobInput,
): Promise<ReadyInput> {
  const directory = hostPath(host.mlDirectory, target);
  const { executor, configuration } = life.context;
  const { copiedInputInGiB: copiedInGiB = 0 } = { ...DEFAULT_LIMITS, ...configuration.limits };
  try {
    makeBelow(jobPlace(host.mlDirectory, posix.dirname(target))).close();
    const input = await prepareInput({
      channel,
      host: place,
      target,
      directory,
      root: host.mlDirectory,
      mounts: executor.capabilities.mounts && !writable,
      fuse: executor.capabilities.fuse,
      writable: { overlay: await executor.canOverlay(host.mlDirectory), copiedInGiB },
      stores: life.context.stores,
      signal: life.stopSignal,
    });
    for (const note of input.notes) host.log.note(note);
    return {
      host,
      target,
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
