import { SluiceError } from '../../../core/errors.ts';
import type { TaskLogLine } from '../task-type.ts';
import type { Description } from './job-results.ts';
import type { ServiceApi } from './service-api.ts';

/** Which job's log is read. */
export interface JobLog {
  /** CloudWatch Logs. */
  readonly api: ServiceApi;
  readonly logGroup: string;
  readonly name: string;
  /** After which line. @default from the first */
  readonly cursor: string | undefined;
}

/**
 * The lines of a job's log, as far as there are any. A cursor is a line's time and how many lines of the same time there
 * were until then: `1764337000000.2`.
 */
export async function* readJobLog({ api, logGroup, name, cursor = '' }: JobLog): AsyncGenerator<TaskLogLine> {
  const [from = 0, seen = 0] = cursor.split('.').map((part) => Number.parseInt(part, 10) || 0);
  let [time, count] = [from, 0];
  for await (const { timestamp, message } of events(api, { logGroup, name, from })) {
    count = timestamp === time ? count + 1 : 1;
    time = timestamp;
    if (timestamp === from && count <= seen) continue;
    yield { timestamp: new Date(timestamp), message, cursor: `${time}.${count}` };
  }
}

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

async function* events(
  api: ServiceApi,
  { logGroup, name, from }: { readonly logGroup: string; readonly name: string; readonly from: number },
): AsyncGenerator<LogEvent> {
  const request = { logGroupName: logGroup, logStreamNamePrefix: `${name}/`, startTime: from };
  let nextToken: unknown;
  do {
    const page: Description = await api
      .send('FilterLogEvents', { ...request, ...(nextToken !== undefined && { nextToken }) })
      .catch(unlessMissing);
    yield* (page['events'] as readonly LogEvent[] | undefined) ?? [];
    nextToken = page['nextToken'];
  } while (nextToken !== undefined);
}

/** A job that has not begun has no log. */
function unlessMissing(error: unknown): Description {
  if (error instanceof SluiceError && error.details['awsError'] === 'ResourceNotFoundException') return {};
  throw error;
}
