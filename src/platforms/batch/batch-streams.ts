import type { JobDetail } from '@aws-sdk/client-batch';
import { USER_CONTAINER } from '../../contract/agent-places.ts';
import { hostName } from '../../contract/hosts.ts';
import type { LogStream } from '../aws/job-logs.ts';
import { type BatchApi, JOBS_AT_ONCE } from './batch-api.ts';

/** The streams that the user's containers of a job print to, of its hosts and of each of their tries. */
export async function batchStreams(api: BatchApi, job: JobDetail, group: string): Promise<LogStream[]> {
  const hosts = await hostsOf(api, job);
  return hosts.flatMap(({ index, job: host }) => {
    const label = hostName(index);
    return streamNames(host).map((name) => ({
      group,
      name,
      id: `${label}/${name.split('/').at(-1)}`,
      label,
    }));
  });
}

async function hostsOf(
  api: BatchApi,
  job: JobDetail,
): Promise<{ readonly index: number; readonly job: JobDetail }[]> {
  const isArray = job.arrayProperties?.size !== undefined;
  if (!isArray && job.nodeProperties === undefined) return [{ index: 0, job }];
  const children = await api.children(job.jobId ?? '', isArray ? 'array' : 'nodes');
  const ids = children.flatMap(({ jobId }) => jobId ?? []);
  const found: { index: number; job: JobDetail }[] = [];
  for (let start = 0; start < ids.length; start += JOBS_AT_ONCE)
    for (const [id, child] of await api.describe(ids.slice(start, start + JOBS_AT_ONCE)))
      found.push({ index: Number(/[:#](\d+)$/.exec(id)?.[1] ?? 0), job: child });
  return found.sort((a, b) => a.index - b.index);
}

/** Those of earlier tries first. Pure. */
function streamNames({ attempts = [], ecsProperties }: JobDetail): string[] {
  const tasks = [...attempts, ecsProperties ?? {}].flatMap(({ taskProperties = [] }) => taskProperties);
  const containers = tasks.flatMap(({ containers: all = [] }) => all as readonly StreamOwner[]);
  const names = containers
    .filter(({ name }) => name === USER_CONTAINER)
    .flatMap(({ logStreamName }) => logStreamName ?? []);
  return [...new Set(names)];
}

interface StreamOwner {
  readonly name?: string | undefined;
  readonly logStreamName?: string | undefined;
}
