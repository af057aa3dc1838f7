import { type JobLogLine, LogFile, type LogPage } from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { AwsError } from '../wire/aws-error.ts';
import { findGroup, type GroupInput, invalidParameter } from './groups.ts';

/** What is asked for. Times: milliseconds since 1970, endTime exclusive. */
export interface GetLogEventsInput extends GroupInput {
  readonly logStreamName: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly nextToken?: string;
  /** @default 10000 */
  readonly limit?: number;
  /** @default false */
  readonly startFromHead?: boolean;
}

/** The most events and bytes of one answer. */
export const MAX_EVENTS = 10_000;
export const MAX_EVENT_BYTES = 1024 * 1024;

/** The length of the number in a token. */
const TOKEN_DIGITS = 56;

/**
 * A token is the position of a byte in the log: of a page's end for what follows it, of its beginning for what goes
 * before. At the end of the log the same token comes back, which is how clients know.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export async function getLogEvents(input: GetLogEventsInput, { jobs }: OperationContext) {
  const group = await findGroup(input, jobs);
  const stream = await group.find(input.logStreamName);
  const file = stream && (await LogFile.open(stream.directory, stream.host));
  if (!file) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  try {
    const page = await readPage(file, input);
    return {
      events: page.lines.map(logEvent),
      nextForwardToken: makeToken('f', page.end),
      nextBackwardToken: makeToken('b', page.begin),
    };
  } finally {
    await file.close();
  }
}

/** A line as CloudWatch Logs tells of it. */
export function logEvent({ timestamp, message }: JobLogLine) {
  return { timestamp: timestamp.getTime(), message, ingestionTime: timestamp.getTime() };
}

/** The positions between which the lines of a time lie. */
export async function timeRange(
  file: LogFile,
  { startTime, endTime }: { readonly startTime?: number; readonly endTime?: number },
): Promise<{ begin: number; end: number }> {
  const begin = startTime === undefined ? 0 : await file.positionOf(startTime);
  const end = endTime === undefined ? await file.size() : await file.positionOf(endTime);
  return { begin, end: Math.max(begin, end) };
}

async function readPage(file: LogFile, input: GetLogEventsInput): Promise<LogPage> {
  const range = await timeRange(file, input);
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  const options = { limit: input.limit ?? MAX_EVENTS, maxBytes: MAX_EVENT_BYTES };
  if (token?.direction === 'b') {
    const end = Math.min(token.position, range.end);
    return file.page({ ...options, begin: Math.min(range.begin, end), end, from: 'end' });
  }
  if (token) {
    const begin = Math.max(token.position, range.begin);
    return file.page({ ...options, begin, end: Math.max(begin, range.end), from: 'begin' });
  }
  return file.page({ ...options, ...range, from: input.startFromHead ? 'begin' : 'end' });
}

/** `f/` and 56 digits and `/s`, as AWS's tokens look. */
function makeToken(direction: 'f' | 'b', position: number): string {
  return `${direction}/${String(position).padStart(TOKEN_DIGITS, '0')}/s`;
}

function parseToken(token: string) {
  const [, direction, digits] = /^([fb])\/(\d{56})\/s$/.exec(token) ?? [];
  const position = Number(digits);
  if (direction !== undefined && Number.isSafeInteger(position)) return { direction, position };
  throw invalidParameter('The specified nextToken is invalid.');
}
