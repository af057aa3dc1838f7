import { join } from 'node:path';
import { removeLeftoverFifos, unmountLeftovers } from '../channels/index.ts';
import {
  firstCharacters,
  INTERNAL_SERVER_ERROR,
  MAX_FAILURE_REASON_LENGTH,
} from '../contract/failure-reason.ts';
import { INPUT_DATA_DIRECTORY, PROCESSING_DIRECTORY, relativeToMl } from '../contract/paths.ts';
import { jobDirectory, LOGS_DIRECTORY } from '../core/home.ts';
import { killLeftovers } from '../executors/index.ts';
import {
  currentProcess,
  endOrphan,
  getJob,
  isEnded,
  isPassing,
  isProcessAlive,
  type JobRecord,
  type JobSummary,
  type ProcessIdentity,
  takeOverJob,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { mlDirectoriesOf } from './job-host.ts';
import { restartedProgress } from './job-life.ts';
import { jobMessages } from './job-messages.ts';
import { hasRetriesLeft, type JobKind, wasAbandoned } from './job-runner.ts';
import { endLastLines } from './logs/end-last-lines.ts';

/** Where the FIFOs of Pipe mode lie, in a job's `/opt/ml`. */
const INPUTS = [INPUT_DATA_DIRECTORY, `${PROCESSING_DIRECTORY}/input`].map(
  (path) => relativeToMl(path) as string,
);

/** Whether a job is this very process's to run. */
export function isOwn({ owner }: JobSummary): boolean {
  const { pid, startTime } = currentProcess();
  return owner.pid === pid && owner.startTime === startTime;
}

/** Whether a job is under way, but the process that ran it is gone. */
export function isOrphan(record: JobSummary): boolean {
  if (isEnded(record.status)) return false;
  return isOwn(record) ? wasAbandoned(record) : !isProcessAlive(record.owner);
}

/** {@link isOrphan} for many jobs at once: each of their processes is looked at once. */
export function orphanFinder(): (record: JobSummary) => boolean {
  const alive = new Map<string, boolean>();
  return (record) => {
    if (isEnded(record.status) || isOwn(record)) return isOrphan(record);
    const { pid, startTime } = record.owner;
    const id = `${pid} ${startTime}`;
    const known = alive.get(id) ?? isProcessAlive(record.owner);
    alive.set(id, known);
    return !known;
  };
}

/** Whether an orphan waits for a process that recovers jobs: RetryStrategy gives it another attempt. */
export function awaitsRecovery<Request>(record: JobRecord<Request>, kind: JobKind<Request>): boolean {
  // One that is Restarting has been granted its attempt.
  const granted = record.secondaryStatus === 'Restarting' || hasRetriesLeft(record, kind);
  return record.status === 'InProgress' && granted;
}

/** An orphan without another attempt ends, whoever looks first; every other job comes back as it is. */
export async function reapOrphan<Request>(
  context: JobsContext,
  record: JobRecord<Request>,
  kind: JobKind<Request>,
): Promise<JobRecord<Request>> {
  if (!isOrphan(record) || awaitsRecovery(record, kind)) return record;
  await cleanUp(context, record, kind);
  const ended = endedRecord(record, context.clock().getTime());
  try {
    await endOrphan(context.state, ended, endMessage(ended));
  } catch (error) {
    // Where nothing can be written now, who looks still sees what has become of the job.
    if (isPassing(error)) return ended;
    throw error;
  }
  return (await getJob<Request>(context.state, record.type, record.name)) ?? ended;
}

/**
 * Gives an orphan to another owner, to begin anew.
 *
 * @returns the job, or undefined when another process was quicker.
 */
export async function takeOverOrphan<Request>(
  context: JobsContext,
  record: JobRecord<Request>,
  kind: JobKind<Request>,
  owner: ProcessIdentity,
): Promise<JobRecord<Request> | undefined> {
  await cleanUp(context, record, kind);
  const at = context.clock().getTime();
  const reason = orphanReason(record);
  // One that was interrupted in good order says so already.
  const restarting = record.secondaryStatus === 'Restarting';
  const taken: JobRecord<Request> = {
    ...record,
    secondaryStatus: 'Restarting',
    modifiedAt: at,
    progress: restarting ? record.progress : restartedProgress(record.progress, reason, at),
    owner,
  };
  return (await takeOverJob(context.state, taken, record.owner, reason)) ? taken : undefined;
}

/** Nothing of the job runs after this, and what it has logged is whole lines. */
async function cleanUp<Request>(
  context: JobsContext,
  record: JobRecord<Request>,
  kind: JobKind<Request>,
): Promise<void> {
  const directory = jobDirectory(context.home, record);
  const hosts = kind.dataDirectories(record.request).map((name) => join(directory, name));
  const mlDirectories = hosts.flatMap(mlDirectoriesOf);
  const pids = (record.progress.processes ?? []).filter(isProcessAlive).map(({ pid }) => pid);
  await killLeftovers({ mlDirectories, pids });
  for (const root of mlDirectories) {
    await unmountLeftovers(root);
    for (const path of INPUTS) await removeLeftoverFifos({ root, path });
  }
  await endLastLines(join(directory, LOGS_DIRECTORY));
}

/** A job that was being stopped has stopped; every other one was let down. */
function endedRecord<Request>(record: JobRecord<Request>, at: number): JobRecord<Request> {
  const stopped = record.status === 'Stopping';
  const status = stopped ? 'Stopped' : 'Failed';
  const failureReason = orphanReason(record);
  const message = stopped ? jobMessages(record.type).stopped : failureReason;
  const transitions = record.progress.transitions.map((each) => ({ endedAt: at, ...each }));
  return {
    ...record,
    status,
    secondaryStatus: status,
    modifiedAt: at,
    endedAt: at,
    progress: {
      ...record.progress,
      transitions: [...transitions, { status, startedAt: at, endedAt: at, message }],
      ...(!stopped && { failureReason }),
      processes: [],
    },
  };
}

function endMessage({ progress }: JobRecord): string {
  return progress.transitions.at(-1)?.message ?? '';
}

function orphanReason({ owner }: JobRecord): string {
  const reason = `${INTERNAL_SERVER_ERROR} (The process that ran the job, ${owner.pid}, has ended.)`;
  return firstCharacters(reason, MAX_FAILURE_REASON_LENGTH);
}
