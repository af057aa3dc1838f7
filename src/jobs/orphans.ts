import {
  firstCharacters,
  INTERNAL_SERVER_ERROR,
  MAX_FAILURE_REASON_LENGTH,
} from '../contract/failure-reason.ts';
import { SluiceError } from '../core/errors.ts';
import { endOrphan, getJob, isEnded, isProcessAlive, type JobRecord } from '../state/index.ts';
import type { JobsContext } from './context.ts';
import { wasAbandoned } from './job-runner.ts';
import { killLeftover } from './kill-leftover.ts';

/** A job whose owner died ends as Failed, whoever looks first; every other job comes back as it is. */
export async function reapOrphan<Request>(
  context: JobsContext,
  record: JobRecord<Request>,
): Promise<JobRecord<Request>> {
  if (isEnded(record.status) || (isProcessAlive(record.owner) && !wasAbandoned(record))) return record;
  for (const each of record.progress.processes ?? []) killLeftover(each);
  const ended = orphanedRecord(record, context.clock().getTime());
  try {
    await endOrphan(context.state, ended, ended.progress.failureReason as string);
  } catch (error) {
    // Who may only read still sees what has become of the job.
    if (error instanceof SluiceError && error.code === 'HomeReadOnly') return ended;
    throw error;
  }
  return (await getJob<Request>(context.state, record.type, record.name)) ?? ended;
}

function orphanedRecord<Request>(record: JobRecord<Request>, at: number): JobRecord<Request> {
  const reason = `${INTERNAL_SERVER_ERROR} (The process that ran the job, ${record.owner.pid}, has ended.)`;
  const failureReason = firstCharacters(reason, MAX_FAILURE_REASON_LENGTH);
  const transitions = record.progress.transitions.map((each) => ({ endedAt: at, ...each }));
  return {
    ...record,
    status: 'Failed',
    secondaryStatus: 'Failed',
    modifiedAt: at,
    endedAt: at,
    progress: {
      ...record.progress,
      transitions: [...transitions, { status: 'Failed', startedAt: at, endedAt: at, message: failureReason }],
      failureReason,
      processes: [],
    },
  };
}
