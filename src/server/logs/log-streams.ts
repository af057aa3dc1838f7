import {
  createLogStream as createStreamRecord,
  deleteLogStream as deleteStreamRecord,
} from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';
import { findGroup } from './groups.ts';
import { invalidParameter, streamNotFound } from './logs-errors.ts';

/** What names a stream. */
export interface StreamInput {
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
export const createLogStream: Operation<StreamInput, object> = async (input, context) => {
  const { logGroupName: group, logStreamName: name } = input;
  const exists = (await (await findGroup({ logGroupName: group }, context)).find(name)) !== undefined;
  const record = { group, name, createdAt: context.clock().getTime() };
  if (exists || !(await createStreamRecord(context.state, record))) {
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
  }
  return {};
};

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html */
export const deleteLogStream: Operation<StreamInput, object> = async (input, context) => {
  const { logGroupName: group, logStreamName: name } = input;
  const found = await (await findGroup({ logGroupName: group }, context)).find(name);
  if (await deleteStreamRecord(context.state, group, name)) return {};
  throw found
    ? invalidParameter(`The log stream ${name} is SageMaker's: it goes when its job or endpoint is removed.`)
    : streamNotFound();
};
