/**
 * The log groups: those of SageMaker's jobs and endpoints, and those that scripts have created.
 *
 * By design: the groups of all job types exist from the beginning, empty and with a creation time of 0; that of an
 * endpoint from its first server on, and it stays when the endpoint is deleted. Scripts may create streams in them too.
 */
import { endpointLogGroup, LOG_GROUPS } from '../../contract/log-names.ts';
import type { Jobs, JobType } from '../../jobs/index.ts';
import { getLogGroup, listLogGroups, listLogStreams } from '../../state/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { customGroup } from './custom-group.ts';
import { endpointGroup } from './endpoint-group.ts';
import { JobGroup } from './job-group.ts';
import type { LogGroup } from './log-group.ts';
import { groupNotFound, invalidParameter } from './logs-errors.ts';
import { mergeGroups } from './merge-groups.ts';

/** What the names of endpoints' groups begin with. */
const ENDPOINTS = endpointLogGroup('');

/** Members that name a group in most operations. */
export interface GroupInput {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The names of all groups, sorted. */
export async function groupNames({ jobs, state }: OperationContext): Promise<string[]> {
  const endpoints = await jobs.endpoints.logs.names();
  const custom = await listLogGroups(state);
  const names = [
    ...Object.values(LOG_GROUPS),
    ...endpoints.map(endpointLogGroup),
    ...custom.map(({ name }) => name),
  ];
  return [...new Set(names)].sort();
}

/** The group that is asked for. @throws AwsError `ResourceNotFoundException`, `InvalidParameterException` */
export async function findGroup(input: GroupInput, context: OperationContext): Promise<LogGroup> {
  const name = groupName(input);
  const own = await sagemakerGroup(name, context.jobs);
  const record = await getLogGroup(context.state, name);
  if (!own && !record) throw groupNotFound();
  const streams = await listLogStreams(context.state, name);
  const custom = customGroup(context, record ?? { name, createdAt: 0, settings: {} }, streams);
  return own ? mergeGroups(own, custom) : custom;
}

/** The group of a job type or of an endpoint that has this name. */
export async function sagemakerGroup(name: string, jobs: Jobs): Promise<LogGroup | undefined> {
  const [type] = Object.entries(LOG_GROUPS).find(([, group]) => group === name) ?? [];
  if (type !== undefined) return new JobGroup(jobs, type as JobType);
  const endpoint = name.startsWith(ENDPOINTS) ? name.slice(ENDPOINTS.length) : '';
  const instances = await jobs.endpoints.logs.streams(endpoint);
  return instances.length > 0 ? endpointGroup(endpoint, instances) : undefined;
}

/** The name in a name or an ARN. @throws AwsError `InvalidParameterException` */
function groupName({ logGroupName: name, logGroupIdentifier: identifier = '' }: GroupInput): string {
  if ((name === undefined) === (identifier === '')) {
    throw invalidParameter('Either logGroupName or logGroupIdentifier must be given, not both.');
  }
  return name ?? nameInArn(identifier) ?? identifier;
}

/** `my-group` of `arn:aws:logs:us-east-1:123456789012:log-group:my-group:*`; undefined of what is no such ARN. */
export function nameInArn(arn: string): string | undefined {
  return /^arn:[^:]+:logs:[^:]*:\d+:log-group:([^:]+)/.exec(arn)?.[1];
}
