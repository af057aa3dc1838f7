import { getLogGroup, listLogGroups } from '../../state/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { groupArn } from './arns.ts';
import { findGroup, groupNames, nameInArn } from './groups.ts';
import { invalidParameter } from './logs-errors.ts';
import { makeToken, parseToken } from './tokens.ts';

/** What is asked for. */
export interface DescribeLogGroupsInput {
  readonly logGroupNamePrefix?: string;
  readonly logGroupNamePattern?: string;
  /** Names or ARNs. */
  readonly logGroupIdentifiers?: readonly string[];
  readonly logGroupClass?: string;
  readonly nextToken?: string;
  /** @default 50 */
  readonly limit?: number;
}

const DEFAULT_CLASS = 'STANDARD';

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export async function describeLogGroups(input: DescribeLogGroupsInput, context: OperationContext) {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, limit = 50 } = input;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalidParameter(
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    );
  }
  const { logGroupIdentifiers: identifiers, logGroupClass: wantedClass } = input;
  const identified = identifiers && new Set(identifiers.map((each) => nameInArn(each) ?? each));
  const custom = await listLogGroups(context.state);
  const classes = new Map(custom.map(({ name, settings }) => [name, settings.logGroupClass]));
  const after = input.nextToken === undefined ? '' : parseToken(input.nextToken, isName);
  const names = (await groupNames(context)).filter(
    (name) =>
      name > after &&
      name.startsWith(prefix ?? '') &&
      name.includes(pattern ?? '') &&
      (identified?.has(name) ?? true) &&
      (wantedClass === undefined || (classes.get(name) ?? DEFAULT_CLASS) === wantedClass),
  );
  const shown = names.slice(0, limit);
  return {
    logGroups: await Promise.all(shown.map((name) => describeGroup(name, context))),
    ...(names.length > limit && { nextToken: makeToken(shown.at(-1)) }),
  };
}

async function describeGroup(name: string, context: OperationContext) {
  const record = await getLogGroup(context.state, name);
  const { tags: _tags, logGroupClass = DEFAULT_CLASS, ...settings } = record?.settings ?? {};
  return {
    logGroupName: name,
    creationTime: record?.createdAt ?? (await creationTime(name, context)),
    metricFilterCount: 0,
    arn: `${groupArn(context, name)}:*`,
    logGroupArn: groupArn(context, name),
    logGroupClass,
    ...settings,
    storedBytes: 0,
  };
}

/** Of a group of SageMaker's: that of its first stream; 0 for one that is empty still. */
async function creationTime(logGroupName: string, context: OperationContext): Promise<number> {
  const group = await findGroup({ logGroupName }, context);
  for await (const { createdAt } of group.streams({ sortBy: 'createdAt' })) return createdAt;
  return 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string';
}
