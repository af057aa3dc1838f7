/**
 * CloudWatch Logs over the logs of jobs and endpoints.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/. Gaps: logs are read, never written,
 * by this API; an event is ingested when it is made.
 */
import type { OperationContext } from '../operations/operation.ts';
import type { Service } from '../wire/http.ts';
import { createJsonService, type OperationHandler } from '../wire/json-service.ts';
import { logsModel } from '../wire/model/logs.gen.ts';
import { type DescribeLogGroupsInput, describeLogGroups } from './describe-log-groups.ts';
import { type DescribeLogStreamsInput, describeLogStreams } from './describe-log-streams.ts';
import { type FilterLogEventsInput, filterLogEvents } from './filter-log-events.ts';
import { type GetLogEventsInput, getLogEvents } from './get-log-events.ts';

/** The service over the jobs and endpoints of one home. */
export function createLogs(context: OperationContext, log: (message: string) => void): Service {
  const operations = {
    DescribeLogGroups: (input: DescribeLogGroupsInput) => describeLogGroups(input, context),
    DescribeLogStreams: (input: DescribeLogStreamsInput) => describeLogStreams(input, context),
    FilterLogEvents: (input: FilterLogEventsInput) => filterLogEvents(input, context),
    GetLogEvents: (input: GetLogEventsInput) => getLogEvents(input, context),
  } satisfies Record<keyof typeof logsModel.operations, OperationHandler>;
  return createJsonService({
    name: 'CloudWatch Logs',
    model: logsModel,
    operations,
    invalidInputCode: 'InvalidParameterException',
    log,
  });
}
