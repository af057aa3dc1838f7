import { setTimeout as sleep } from 'node:timers/promises';

/** A log in CloudWatch Logs. */
export interface AwsLog {
  readonly group: string;
  readonly stream: string;
  /** @default as the environment says */
  readonly region?: string | undefined;
}

/** How long the last lines of a container that has ended take at most, milliseconds. */
const LATE_MS = 10_000;
const EVERY_MS = 1000;

/** What there is of a log, once nothing more comes: bytes of lines. Needs the right `logs:GetLogEvents`. */
export async function* readAwsLog({ group, stream, region }: AwsLog): AsyncGenerator<Uint8Array> {
  const { CloudWatchLogsClient, GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient(region === undefined ? {} : { region });
  const names = { logGroupName: group, logStreamName: stream, startFromHead: true };
  const until = performance.now() + LATE_MS;
  try {
    for (let token: string | undefined; ; ) {
      const query = new GetLogEventsCommand({ ...names, ...(token !== undefined && { nextToken: token }) });
      // The stream comes with its first line, and some time after that was printed.
      const page = await client.send(query).catch((error: unknown) => {
        if ((error as Error).name === 'ResourceNotFoundException') return undefined;
        throw error;
      });
      const { events = [], nextForwardToken } = page ?? {};
      for (const { message = '' } of events) yield Buffer.from(`${message}\n`);
      const isAtEnd = events.length === 0 && (page === undefined || nextForwardToken === token);
      if (isAtEnd && performance.now() >= until) return;
      if (isAtEnd) await sleep(EVERY_MS);
      token = nextForwardToken ?? token;
    }
  } finally {
    client.destroy();
  }
}
