import { LOG_GROUPS } from '../../contract/log-names.ts';
import type { AwsAccess } from '../aws/aws-access.ts';
import { type LogStream, logsClient, unlessMissing } from '../aws/job-logs.ts';
import type { JobHandle } from '../job-handle.ts';

const GROUPS = {
  training: LOG_GROUPS.training,
  processing: LOG_GROUPS.processing,
  batch_transform: LOG_GROUPS.transform,
} as const;

/** Pages of streams that are asked for: no job has more. */
const MOST_PAGES = 100;

/** The streams of a job of SageMaker's. */
export async function jobStreams(aws: AwsAccess, { jobType, jobName }: JobHandle): Promise<LogStream[]> {
  const { DescribeLogStreamsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await logsClient(aws);
  const group = GROUPS[jobType as keyof typeof GROUPS];
  const query = { logGroupName: group, logStreamNamePrefix: `${jobName}/` };
  const streams: LogStream[] = [];
  let nextToken: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const command = new DescribeLogStreamsCommand({
      ...query,
      ...(nextToken !== undefined && { nextToken }),
    });
    const answer = await unlessMissing(aws.call('DescribeLogStreams', () => client.send(command)));
    for (const { logStreamName: name = '' } of answer?.logStreams ?? []) {
      // Data logs of transform jobs are data, not what the program has printed.
      if (name.endsWith('/data-log')) continue;
      const id = name.slice(jobName.length + 1);
      streams.push({ group, name, id, label: id.replace(/-\d+(?=$|\/)/, '') });
    }
    if (answer?.nextToken === undefined) return streams;
    nextToken = answer.nextToken;
  }
  return streams;
}
