/**
 * CloudWatch Logs over the logs of jobs and endpoints, and over the groups that scripts create.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/. Gaps: an event of a job is ingested when
 * it is made; storedBytes is always 0; log classes, keys and anomaly detection are kept and described, not used.
 * By design: events that scripts write come in the order in which they came in, sorted by time within each answer.
 */
import type { Operation, OperationContext } from '../operations/operation.ts';
import type { OperationHandler } from '../wire/create-service.ts';
import type { Service } from '../wire/http.ts';
import { createJsonService } from '../wire/json-service.ts';
import { logsModel } from '../wire/model/logs.gen.ts';
import { type DescribeLogGroupsInput, describeLogGroups } from './describe-log-groups.ts';
import { type DescribeLogStreamsInput, describeLogStreams } from './describe-log-streams.ts';
import { type FilterLogEventsInput, filterLogEvents } from './filter-log-events.ts';
import { type GetLogEventsInput, getLogEvents } from './get-log-events.ts';
import {
  deleteRetentionPolicy,
  listTagsForResource,
  putRetentionPolicy,
  tagResource,
  untagResource,
} from './group-settings.ts';
import { createLogGroup, deleteLogGroup } from './log-groups.ts';
import { createLogStream, deleteLogStream } from './log-streams.ts';
import { putLogEvents } from './put-log-events.ts';

/** The service over the jobs and endpoints of one home. */
export function createLogs(context: OperationContext, log: (message: string) => void): Service {
  const bind =
    <Input, Output extends object>(operation: Operation<Input, Output>) =>
    (input: Input) =>
      operation(input, context);
  const operations = {
    CreateLogGroup: bind(createLogGroup),
    CreateLogStream: bind(createLogStream),
    DeleteLogGroup: bind(deleteLogGroup),
    DeleteLogStream: bind(deleteLogStream),
    DeleteRetentionPolicy: bind(deleteRetentionPolicy),
    DescribeLogGroups: (input: DescribeLogGroupsInput) => describeLogGroups(input, context),
    DescribeLogStreams: (input: DescribeLogStreamsInput) => describeLogStreams(input, context),
    FilterLogEvents: (input: FilterLogEventsInput) => filterLogEvents(input, context),
    GetLogEvents: (input: GetLogEventsInput) => getLogEvents(input, context),
    ListTagsForResource: bind(listTagsForResource),
    PutLogEvents: bind(putLogEvents),
    PutRetentionPolicy: bind(putRetentionPolicy),
    TagResource: bind(tagResource),
    UntagResource: bind(untagResource),
  } satisfies Record<keyof typeof logsModel.operations, OperationHandler>;
  return createJsonService({
    name: 'CloudWatch Logs',
    model: logsModel,
    operations,
    invalidInputCode: 'InvalidParameterException',
    log,
  });
}
