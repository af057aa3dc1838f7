/**
 * The log groups of SageMaker's jobs and endpoints.
 *
 * Source: AWS developer guide, "Log Groups and Streams that Amazon SageMaker Sends to Amazon CloudWatch Logs".
 * By design: the groups of all job types exist from the beginning, empty and with a creation time of 0; that of an
 * endpoint from its first server on, and it stays when the endpoint is deleted.
 */
import { endpointLogGroup, LOG_GROUPS } from '../../contract/log-names.ts';
import type { Jobs, JobType } from '../../jobs/index.ts';
import { AwsError } from '../wire/aws-error.ts';
import { endpointGroup } from './endpoint-group.ts';
import { JobGroup } from './job-group.ts';
import type { LogGroup } from './log-group.ts';

/** What the names of endpoints' groups begin with. */
const ENDPOINTS = endpointLogGroup('');

/** Members that name a group in most operations. */
export interface GroupInput {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The names of all groups, sorted. */
export async function groupNames({ endpoints }: Jobs): Promise<string[]> {
  const names = await endpoints.loggedNames();
  return [...Object.values(LOG_GROUPS), ...names.map(endpointLogGroup)].sort();
}

/** The group that is asked for. @throws AwsError `ResourceNotFoundException`, `InvalidParameterException` */
export async function findGroup(input: GroupInput, jobs: Jobs): Promise<LogGroup> {
  const name = groupName(input);
  const [type] = Object.entries(LOG_GROUPS).find(([, group]) => group === name) ?? [];
  if (type !== undefined) return new JobGroup(jobs, type as JobType);
  const endpoint = name.startsWith(ENDPOINTS) ? name.slice(ENDPOINTS.length) : '';
  const instances = await jobs.endpoints.logStreams(endpoint);
  if (instances.length > 0) return endpointGroup(endpoint, instances);
  throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
}

function groupName({ logGroupName: name, logGroupIdentifier: identifier = '' }: GroupInput): string {
  if ((name === undefined) === (identifier === '')) {
    throw invalidParameter('Either logGroupName or logGroupIdentifier must be given, not both.');
  }
  return name ?? /^arn:[^:]+:logs:[^:]*:\d+:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier;
}

/** @throws AwsError */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
