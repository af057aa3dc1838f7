/** What Batch and ECS say of the containers of a job. */
import type { JobDetail } from '@aws-sdk/client-batch';
import { USER_CONTAINER } from '../../contract/agent-places.ts';

const NO_IMAGE = /CannotPull|ImagePull|manifest.*not found|pull access denied/i;
const NOT_STARTED =
  /CannotStartContainer|CannotCreateContainer|ResourceInitializationError|MISCONFIGURATION/i;
/** tini of Docker, and catatonit of Podman, which start what is to run. */
const INIT_FAILED =
  /^\[FATAL tini \(\d+\)\] exec \/bin\/sh failed: No such file|^(?:ERROR )?\(?catatonit\b.*failed to exec pid1: No such file/;
const WITHOUT_SHELL =
  'The image has no /bin/sh, which starts a script that has no command: take an image that has one, or one that starts by itself.';
const NO_SHELL = /\/bin\/sh\W.*(?:no such file|not found)/i;

/** All that they say, the user's container first. Each once. Pure. */
export function reasonsOf(job: JobDetail): string[] {
  const containers = containersOf(job).sort((a, b) => rank(a.name) - rank(b.name));
  const texts = [
    ...containers.map(({ reason }) => reason),
    job.attempts?.at(-1)?.statusReason,
    job.statusReason,
  ];
  return [...new Set(texts.filter((text) => text !== undefined && text !== ''))] as string[];
}

/** Why the user's container did not start; undefined where it did, or nobody says. Pure. */
export function whyNotStarted(job: JobDetail): string | undefined {
  const own = containersOf(job).filter(({ name }) => name === USER_CONTAINER);
  return startFailure(own.flatMap(({ reason }) => reason ?? []).join(' '));
}

/** A reason in SageMaker's form, where it says that something did not start. Pure. */
export function startFailure(reason: string): string | undefined {
  if (NO_IMAGE.test(reason)) return `ClientError: The image cannot be pulled. ${reason}`;
  if (!NOT_STARTED.test(reason)) return undefined;
  const what = NO_SHELL.test(reason) ? WITHOUT_SHELL : 'The job could not be started.';
  return `ClientError: ${what} ${reason}`;
}

/** That the image has no shell, as the init of its container has printed; undefined where it has not. Pure. */
export function shellFailure(logTail: readonly string[]): string | undefined {
  const last = logTail.at(-1) ?? '';
  return INIT_FAILED.test(last) ? `ClientError: ${WITHOUT_SHELL} ${last}` : undefined;
}

/** Of the last try. */
function containersOf({ attempts, ecsProperties }: JobDetail): ContainerReason[] {
  const tasks = [...(attempts?.at(-1)?.taskProperties ?? []), ...(ecsProperties?.taskProperties ?? [])];
  return tasks.flatMap(({ containers = [] }) => containers as readonly ContainerReason[]);
}

interface ContainerReason {
  readonly name?: string | undefined;
  readonly reason?: string | undefined;
}

function rank(name: string | undefined): number {
  return name === USER_CONTAINER ? 0 : 1;
}
