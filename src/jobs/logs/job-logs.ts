import { join } from 'node:path';
import { jobDirectory, LOGS_DIRECTORY } from '../../core/home.ts';
import { findWorker, isEnded, type JobRecord, workerOf } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import { type LogPlace, localLogs } from './log-source.ts';
import { peerLogs } from './peer-logs.ts';
import { storedLogs } from './stored-logs.ts';

/** The logs of a job that lie on this machine. */
export function ownLogs({ home }: JobsContext, job: Pick<JobRecord, 'type' | 'name'>): LogPlace {
  return localLogs(join(jobDirectory(home, job), LOGS_DIRECTORY));
}

/**
 * Where the logs of a job are: with the home that runs it, and once it has ended in the store. Where the database is the
 * home's own, both are here.
 */
export async function logsOf(context: JobsContext, record: JobRecord): Promise<LogPlace> {
  const own = ownLogs(context, record);
  const { peers, state, stores } = context;
  if (!peers) return own;
  if (isEnded(record.status) && record.progress.logs !== undefined)
    return storedLogs(stores, record.progress.logs);
  if (record.lease.worker === workerOf(state).id) return own;
  const url = peers.urlOf(await findWorker(state, record.lease));
  if (url === undefined) return own;
  return peerLogs(peers, url, `${record.type}/${record.name}`);
}
