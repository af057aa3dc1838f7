import { hostname } from 'node:os';
import { join } from 'node:path';
import { removeLeftoverFifos, unmountLeftovers } from '../channels/index.ts';
import {
  firstCharacters,
  INTERNAL_SERVER_ERROR,
  isInternalServerError,
  MAX_FAILURE_REASON_LENGTH,
} from '../contract/failure-reason.ts';
import { INPUT_DATA_DIRECTORY, PROCESSING_DIRECTORY, relativeToMl } from '../contract/paths.ts';
import { jobDirectory, LOGS_DIRECTORY } from '../core/home.ts';
import { isPassing } from '../core/is-passing.ts';
import { killLeftovers } from '../executors/index.ts';
import { failureReasonOf } from '../hosts/index.ts';
import {
  endOrphan,
  expelNow,
  findWorker,
  getJob,
  isEnded,
  isProcessAlive,
  type JobOutcome,
  type JobRecord,
  type JobSummary,
  type Orphan,
  processOfLease,
  Roster,
  takeOverJob,
  workerOf,
} from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { mlDirectoriesOf } from './job-host.ts';
import { JobLife, restartedProgress } from './job-life.ts';
import { jobMessages } from './job-messages.ts';
import { endJob, hasRetriesLeft, type JobKind, wasAbandoned } from './job-runner.ts';
import { removeLeftUploads } from './left-uploads.ts';
import { endLastLines } from './logs/end-last-lines.ts';
import { discardAbandoned, publishDecided } from './publish-outputs.ts';

/** Where the FIFOs of Pipe mode lie, in a job's `/opt/ml`. */
const INPUTS = [INPUT_DATA_DIRECTORY, `${PROCESSING_DIRECTORY}/input`].map(
  (path) => relativeToMl(path) as string,
);

/** Whether a job is this very process's to run. */
export function isOwn({ state }: JobsContext, { lease }: JobSummary): boolean {
  return lease.worker === workerOf(state).id;
}

/** Who is at work, for jobs that were read before; read where one of them is under way. */
export async function rosterFor({ state }: JobsContext, records: readonly JobSummary[]): Promise<Roster> {
  return records.every(({ status }) => isEnded(status)) ? NOBODY : workerOf(state).roster();
}

const NOBODY = new Roster(0, []);

/** Whether a job is under way, but the worker that ran it is away or gone. */
export function isOrphan(context: JobsContext, roster: Roster, record: JobSummary): boolean {
  if (isEnded(record.status)) return false;
  return isOwn(context, record) ? wasAbandoned(record) : !roster.isHeld(record.lease);
}

/** Whether an orphan waits for a process that recovers jobs: RetryStrategy gives it another attempt. */
export function awaitsRecovery<Request>(record: JobRecord<Request>, kind: JobKind<Request>): boolean {
  // One that is Restarting has been granted its attempt.
  const granted = record.secondaryStatus === 'Restarting' || hasRetriesLeft(record, kind);
  return record.status === 'InProgress' && granted && !isDecided(record, kind);
}

/** Whether it stands what the job's outputs are and how it ends: what it has not come to yet is to be completed. */
function isDecided<Request>(record: JobRecord<Request>, kind: JobKind<Request>): boolean {
  const outcome = record.progress.publication?.outcome;
  if (outcome?.status !== 'Failed') return outcome !== undefined;
  return !isInternalServerError(outcome.failureReason) || !hasRetriesLeft(record, kind);
}

/** An orphan without another attempt is brought to its end, whoever looks first; every other job comes back as it is. */
export async function reapOrphan<Request>(
  context: JobsContext,
  roster: Roster,
  record: JobRecord<Request>,
  kind: JobKind<Request>,
): Promise<JobRecord<Request>> {
  if (!isOrphan(context, roster, record) || awaitsRecovery(record, kind)) return record;
  if (!(await expelHolder(context, roster, record))) return record;
  await cleanUp(context, record, kind);
  const reason = await orphanReason(context, roster, record);
  if (isDecided(record, kind)) {
    const orphan = { found: record, record, holder: roster.worker(record.lease), message: reason };
    return completeOrphan(context, orphan, kind);
  }
  const ended = endedRecord(record, reason, context.clock().getTime());
  const orphan = {
    found: record,
    record: ended,
    holder: roster.worker(record.lease),
    message: endMessage(ended),
  };
  try {
    if (await endOrphan(context.state, orphan)) {
      await discardAbandoned(context, record);
      await removeLeftUploads(context);
    }
  } catch (error) {
    // Where nothing can be written now, who looks still sees what has become of the job.
    if (isPassing(error)) return ended;
    throw error;
  }
  return (await getJob<Request>(context.state, record.type, record.name)) ?? ended;
}

/**
 * Gives an orphan to another worker, to begin anew.
 *
 * @returns the job, or undefined when another process was quicker, or its worker has come back.
 */
export async function takeOverOrphan<Request>(
  context: JobsContext,
  roster: Roster,
  record: JobRecord<Request>,
  kind: JobKind<Request>,
  worker: string,
): Promise<JobRecord<Request> | undefined> {
  if (!(await expelHolder(context, roster, record))) return undefined;
  await cleanUp(context, record, kind);
  const at = context.clock().getTime();
  const reason = await orphanReason(context, roster, record);
  // One that was interrupted in good order says so already.
  const restarting = record.secondaryStatus === 'Restarting';
  const restarted: JobRecord<Request> = {
    ...record,
    secondaryStatus: 'Restarting',
    modifiedAt: at,
    progress: restarting ? record.progress : restartedProgress(record.progress, reason, at),
  };
  const orphan = { found: record, record: restarted, holder: roster.worker(record.lease), message: reason };
  const lease = await takeOverJob(context.state, orphan, worker);
  if (!lease) return undefined;
  await discardAbandoned(context, record);
  await removeLeftUploads(context);
  return { ...restarted, lease };
}

/** Publishes the outputs that an orphan's holder has decided on, and ends it as was decided. */
async function completeOrphan<Request>(
  context: JobsContext,
  orphan: Orphan & { readonly record: JobRecord<Request> },
  kind: JobKind<Request>,
): Promise<JobRecord<Request>> {
  const { record } = orphan;
  const worker = workerOf(context.state);
  const lease = await worker.hold((id) => takeOverJob(context.state, orphan, id));
  if (!lease) return (await getJob<Request>(context.state, record.type, record.name)) ?? record;
  const life = new JobLife(context, { ...record, lease });
  using _ = worker.onLost((id) => {
    if (id === lease.worker) life.lose();
  });
  await endJob(life, kind, await publishedOutcome(life));
  return life.record;
}

async function publishedOutcome(life: JobLife): Promise<JobOutcome> {
  const outcome = life.record.progress.publication?.outcome;
  try {
    await publishDecided(life);
    return outcome ?? { status: 'Completed' };
  } catch (error) {
    return { status: 'Failed', failureReason: failureReasonOf(error) };
  }
}

/** Nothing may be done to what a worker left before it is sure that it does not come back. */
async function expelHolder({ state }: JobsContext, roster: Roster, { lease }: JobSummary): Promise<boolean> {
  try {
    return await expelNow(state, roster.worker(lease));
  } catch (error) {
    // Where nothing can be written, one whose process has ended cannot come back all the same.
    if (isPassing(error)) return roster.standing(lease) === 'gone';
    throw error;
  }
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
function endedRecord<Request>(
  record: JobRecord<Request>,
  failureReason: string,
  at: number,
): JobRecord<Request> {
  const stopped = record.status === 'Stopping';
  const status = stopped ? 'Stopped' : 'Failed';
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

async function orphanReason({ state }: JobsContext, roster: Roster, { lease }: JobRecord): Promise<string> {
  const worker = roster.worker(lease) ?? (await findWorker(state, lease)) ?? processOfLease(lease.worker);
  const where = worker && 'host' in worker && worker.host !== hostname() ? ` on ${String(worker.host)}` : '';
  const which = worker ? `, ${worker.pid}${where},` : '';
  const what = roster.standing(lease) === 'overdue' ? 'was away for longer than its lease' : 'has ended';
  const reason = `${INTERNAL_SERVER_ERROR} (The process that ran the job${which} ${what}.)`;
  return firstCharacters(reason, MAX_FAILURE_REASON_LENGTH);
}
