import type { OperationContext } from '../operations/operation.ts';
import { groupArn } from './arns.ts';
import { findGroup, groupNames, invalidParameter } from './groups.ts';
import { makeToken, parseToken } from './tokens.ts';

/** What is asked for. */
export interface DescribeLogGroupsInput {
  readonly logGroupNamePrefix?: string;
  readonly logGroupNamePattern?: string;
  readonly nextToken?: string;
  /** @default 50 */
  readonly limit?: number;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export async function describeLogGroups(input: DescribeLogGroupsInput, context: OperationContext) {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, limit = 50 } = input;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalidParameter(
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    );
  }
  const after = input.nextToken === undefined ? '' : parseToken(input.nextToken, isName);
  const names = (await groupNames(context.jobs)).filter(
    (name) =>
      name > after &&
      name.startsWith(prefix ?? '') &&
      name.toLowerCase().includes((pattern ?? '').toLowerCase()),
  );
  const shown = names.slice(0, limit);
  const logGroups = shown.map(async (name) => ({
    logGroupName: name,
    creationTime: await creationTime(name, context),
    metricFilterCount: 0,
    arn: `${groupArn(context, name)}:*`,
    logGroupArn: groupArn(context, name),
    logGroupClass: 'STANDARD',
    storedBytes: 0,
  }));
  return {
    logGroups: await Promise.all(logGroups),
    ...(names.length > limit && { nextToken: makeToken(shown.at(-1)) }),
  };
}

/** That of its first stream; 0 for a group that is empty still. */
async function creationTime(logGroupName: string, { jobs }: OperationContext): Promise<number> {
  const group = await findGroup({ logGroupName }, jobs);
  for await (const { createdAt } of group.streams({ sortBy: 'createdAt' })) return createdAt;
  return 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string';
}
