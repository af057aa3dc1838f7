import {
  createLogGroup as createGroupRecord,
  deleteLogGroup as deleteGroupRecord,
  getLogGroup,
  type LogGroupSettings,
  updateLogGroup,
} from '../../state/index.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';
import { sagemakerGroup } from './groups.ts';
import { groupNotFound, invalidParameter } from './logs-errors.ts';

/** What CreateLogGroup takes. */
export interface CreateLogGroupInput extends Omit<LogGroupSettings, 'retentionInDays'> {
  readonly logGroupName: string;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export const createLogGroup: Operation<CreateLogGroupInput, object> = async (input, context) => {
  const { logGroupName: name, ...settings } = input;
  if (/^aws\//i.test(name)) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.');
  const taken = (await sagemakerGroup(name, context.jobs)) !== undefined;
  const record = { name, createdAt: context.clock().getTime(), settings };
  if (taken || !(await createGroupRecord(context.state, record))) {
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  }
  return {};
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html */
export const deleteLogGroup: Operation<{ readonly logGroupName: string }, object> = async (
  { logGroupName: name },
  context,
) => {
  const group = await getLogGroup(context.state, name);
  if (!group) throw await noCustomGroup(context, name);
  if (group.settings.deletionProtectionEnabled) {
    throw new AwsError('ValidationException', `The log group ${name} is protected from being deleted.`);
  }
  await deleteGroupRecord(context.state, name);
  return {};
};

/** Changes what is set of a group that a script has created. @throws AwsError */
export async function changeGroup(
  context: OperationContext,
  name: string,
  change: (settings: LogGroupSettings) => LogGroupSettings,
): Promise<void> {
  if (!(await updateLogGroup(context.state, name, change))) throw await noCustomGroup(context, name);
}

/** Why a group cannot be changed: there is none, or it is SageMaker's. */
export async function noCustomGroup({ jobs }: OperationContext, name: string): Promise<AwsError> {
  return (await sagemakerGroup(name, jobs))
    ? invalidParameter(
        `The log group ${name} is SageMaker's: its events go when their jobs or endpoints are removed.`,
      )
    : groupNotFound();
}
