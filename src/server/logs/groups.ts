/**
 * The log groups and streams of SageMaker's jobs.
 *
 * Source: AWS developer guide, "Log Groups and Streams that Amazon SageMaker Sends to Amazon CloudWatch Logs".
 * By design: the groups of all job types exist from the beginning, empty.
 */
import { LOG_GROUPS, logStreamName } from '../../contract/log-names.ts';
import type { JobRecord, Jobs, JobType } from '../../jobs/index.ts';
import { AwsError } from '../wire/aws-error.ts';

/** How jobs are listed a page at a time. */
const BATCH = 100;

/** One log stream and the job it belongs to. */
export interface JobStream {
  /** `<job>/algo-1`. */
  readonly name: string;
  /** `algo-1`. */
  readonly host: string;
  readonly job: JobRecord;
}

/** Members that name a group in most operations. */
export interface GroupInput {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The names of all groups, sorted. */
export const GROUP_NAMES: readonly string[] = Object.values(LOG_GROUPS).sort((a, b) => (a < b ? -1 : 1));

/** The job type of a group. @throws AwsError `ResourceNotFoundException`, `InvalidParameterException` */
export function groupType({ logGroupName: name, logGroupIdentifier: identifier }: GroupInput): JobType {
  if ((name === undefined) === (identifier === undefined)) {
    throw invalidParameter('Either logGroupName or logGroupIdentifier must be given, not both.');
  }
  const wanted =
    name ?? /^arn:[^:]+:logs:[^:]*:\d+:log-group:([^:]+)/.exec(identifier ?? '')?.[1] ?? identifier;
  const found = Object.entries(LOG_GROUPS).find(([, group]) => group === wanted);
  if (found) return found[0] as JobType;
  throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
}

/** The jobs of a type, in the order of their names or of their creation. */
export async function* listJobs(
  jobs: Jobs,
  type: JobType,
  options: {
    readonly sortBy: 'name' | 'createdAt';
    readonly descending?: boolean | undefined;
    readonly namePrefix?: string | undefined;
    readonly after?: { readonly value: string | number; readonly name: string } | undefined;
  },
): AsyncGenerator<JobRecord> {
  const { sortBy, namePrefix = '' } = options;
  const byPrefix = sortBy === 'name' && !options.descending && namePrefix !== '';
  let after = options.after ?? (byPrefix ? { value: namePrefix, name: '' } : undefined);
  for (;;) {
    const records = await jobs[type].list({
      sortBy,
      sortOrder: options.descending ? 'descending' : 'ascending',
      after,
      limit: BATCH,
    });
    for (const record of records) {
      if (record.name.startsWith(namePrefix)) yield record;
      else if (byPrefix) return;
    }
    const last = records.at(-1);
    if (records.length < BATCH || !last) return;
    after = { value: last[sortBy], name: last.name };
  }
}

/** The streams of a job, sorted. */
export async function streamsOf(jobs: Jobs, job: JobRecord): Promise<JobStream[]> {
  const hosts = await jobs[job.type].logStreams(job.name);
  return hosts.map((host) => ({ name: logStreamName(job.name, host), host, job }));
}

/** The job and the host of a stream's name; undefined where no job is called so. */
export async function findStream(jobs: Jobs, type: JobType, name: string): Promise<JobStream | undefined> {
  const slash = name.indexOf('/');
  const job = slash === -1 ? undefined : await jobs[type].find(name.slice(0, slash));
  return job && { name, host: name.slice(slash + 1), job };
}

/** @throws AwsError */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
