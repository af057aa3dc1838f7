import { LOG_GROUPS } from '../../contract/log-names.ts';
import { LogFile } from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { groupArn } from './arns.ts';
import {
  findStream,
  type GroupInput,
  groupType,
  invalidParameter,
  type JobStream,
  listJobs,
  streamsOf,
} from './groups.ts';
import { makeToken, parseToken } from './tokens.ts';

/** What is asked for. */
export interface DescribeLogStreamsInput extends GroupInput {
  readonly logStreamNamePrefix?: string;
  /** @default 'LogStreamName' */
  readonly orderBy?: 'LogStreamName' | 'LastEventTime';
  readonly descending?: boolean;
  readonly nextToken?: string;
  /** @default 50 */
  readonly limit?: number;
}

/** The last stream of a page: its job's position in the list of jobs, and its own name. */
type Position = readonly [value: string | number, job: string, stream: string];

/**
 * By design: ordered by LogStreamName, streams come by the name of their job, then by that of the host; ordered by
 * LastEventTime, in the order in which their jobs were created.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
 */
export async function describeLogStreams(input: DescribeLogStreamsInput, context: OperationContext) {
  const type = groupType(input);
  const { limit = 50, orderBy = 'LogStreamName' } = input;
  if (orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const sortBy = orderBy === 'LogStreamName' ? 'name' : 'createdAt';
  const streams: JobStream[] = [];
  for await (const stream of selectedStreams(input, context, type, sortBy)) {
    streams.push(stream);
    if (streams.length > limit) break;
  }
  const shown = streams.slice(0, limit);
  const last = shown.at(-1);
  const group = groupArn(context, LOG_GROUPS[type]);
  return {
    logStreams: await Promise.all(shown.map((stream) => describeStream(group, stream))),
    ...(streams.length > limit &&
      last && { nextToken: makeToken([last.job[sortBy], last.job.name, last.name]) }),
  };
}

async function* selectedStreams(
  input: DescribeLogStreamsInput,
  context: OperationContext,
  type: keyof typeof LOG_GROUPS,
  sortBy: 'name' | 'createdAt',
): AsyncGenerator<JobStream> {
  const { logStreamNamePrefix: prefix = '', descending = false } = input;
  const position = input.nextToken === undefined ? undefined : parseToken(input.nextToken, isPosition);
  for await (const job of selectedJobs(context, type, { prefix, sortBy, descending, position })) {
    const streams = await streamsOf(context.jobs, job);
    if (descending) streams.reverse();
    for (const stream of streams) {
      const seen =
        position?.[1] === job.name && (descending ? stream.name >= position[2] : stream.name <= position[2]);
      if (!seen && stream.name.startsWith(prefix)) yield stream;
    }
  }
}

async function* selectedJobs(
  { jobs }: OperationContext,
  type: keyof typeof LOG_GROUPS,
  options: {
    readonly prefix: string;
    readonly sortBy: 'name' | 'createdAt';
    readonly descending: boolean;
    readonly position: Position | undefined;
  },
) {
  const { prefix, sortBy, descending, position } = options;
  if (prefix.includes('/')) {
    const stream = await findStream(jobs, type, prefix);
    if (stream) yield stream.job;
    return;
  }
  // The job of the last stream may have more of them.
  const last = position && (await jobs[type].find(position[1]));
  if (last) yield last;
  const after = position && { value: position[0], name: position[1] };
  yield* listJobs(jobs, type, { sortBy, descending, namePrefix: prefix, after });
}

async function describeStream(group: string, { name, host, job }: JobStream) {
  const file = await LogFile.open(job.directory, host);
  try {
    const times = await file?.times();
    return {
      logStreamName: name,
      creationTime: times?.first ?? job.createdAt,
      firstEventTimestamp: times?.first,
      lastEventTimestamp: times?.last,
      lastIngestionTime: times?.last,
      arn: `${group}:log-stream:${name}`,
      storedBytes: 0,
    };
  } finally {
    await file?.close();
  }
}

function isPosition(value: unknown): value is Position {
  return (
    Array.isArray(value) &&
    ['string', 'number'].includes(typeof value[0]) &&
    typeof value[1] === 'string' &&
    typeof value[2] === 'string'
  );
}
