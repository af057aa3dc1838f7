import type { EndpointClients } from './endpoint-clients.ts';

/** Streams that are read: the newest, where instances were started again and again. */
const STREAMS = 3;

/** The last lines of an endpoint's log, oldest first. Empty where there is none, or it cannot be read. */
export async function lastEndpointLines(
  clients: EndpointClients,
  endpoint: string,
  limit: number,
): Promise<string[]> {
  try {
    const { DescribeLogStreamsCommand, GetLogEventsCommand } = await import(
      '@aws-sdk/client-cloudwatch-logs'
    );
    const logs = await clients.logs();
    const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
    const { logStreams = [] } = await logs.send(
      new DescribeLogStreamsCommand({
        logGroupName,
        orderBy: 'LastEventTime',
        descending: true,
        limit: STREAMS,
      }),
    );
    const newest =
      logStreams.find(({ lastEventTimestamp }) => lastEventTimestamp !== undefined) ?? logStreams[0];
    if (!newest) return [];
    const { logStreamName } = newest;
    const { events = [] } = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, limit }));
    return events.map(({ message = '' }) => message);
  } catch {
    // The reason of the failure stands by itself.
    return [];
  }
}
