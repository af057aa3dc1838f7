import type { OperationContext } from '../operations/operation.ts';
import { groupArn } from './arns.ts';
import { findGroup, type GroupInput } from './groups.ts';
import { isPosition, type LogStream, type StreamPosition } from './log-group.ts';
import { invalidParameter } from './logs-errors.ts';
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

/**
 * By design: ordered by LogStreamName, streams of jobs come by the name of their job, then by that of the host; ordered
 * by LastEventTime, all come in the order in which their jobs or instances were created.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
 */
export async function describeLogStreams(input: DescribeLogStreamsInput, context: OperationContext) {
  const { limit = 50, orderBy = 'LogStreamName', descending, logStreamNamePrefix: prefix } = input;
  const group = await findGroup(input, context);
  if (orderBy === 'LastEventTime' && prefix !== undefined) {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const sortBy = orderBy === 'LogStreamName' ? 'name' : 'createdAt';
  // A page's token says which stream the next one begins with.
  const from = input.nextToken === undefined ? undefined : parseToken(input.nextToken, isPosition);
  const streams: LogStream[] = [];
  for await (const stream of group.streams({ sortBy, descending, prefix, from })) {
    streams.push(stream);
    if (streams.length > limit) break;
  }
  const next = streams[limit];
  const arn = groupArn(context, group.name);
  return {
    logStreams: await Promise.all(streams.slice(0, limit).map((stream) => describeStream(arn, stream))),
    ...(next && {
      nextToken: makeToken({ createdAt: next.createdAt, name: next.name } satisfies StreamPosition),
    }),
  };
}

async function describeStream(group: string, { name, open, createdAt }: LogStream) {
  const file = await open();
  try {
    const times = await file?.times();
    return {
      logStreamName: name,
      creationTime: Math.min(times?.first ?? createdAt, createdAt),
      firstEventTimestamp: times?.first,
      lastEventTimestamp: times?.last,
      lastIngestionTime: times?.ingested ?? times?.last,
      arn: `${group}:log-stream:${name}`,
      storedBytes: 0,
    };
  } finally {
    await file?.close();
  }
}
