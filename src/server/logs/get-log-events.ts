import type { LogPage, PlacedLine } from '../../jobs/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { findGroup, type GroupInput } from './groups.ts';
import type { OpenedLog } from './log-group.ts';
import { invalidParameter, streamNotFound } from './logs-errors.ts';

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
export async function getLogEvents(input: GetLogEventsInput, context: OperationContext) {
  const group = await findGroup(input, context);
  const stream = await group.find(input.logStreamName);
  const file = await stream?.open();
  if (!file) throw streamNotFound();
  try {
    const page = await readPage(file, input);
    return {
      events: page.lines.map(logEvent).sort((a, b) => a.timestamp - b.timestamp),
      nextForwardToken: makeToken('f', page.end),
      nextBackwardToken: makeToken('b', page.begin),
    };
  } finally {
    await file.close();
  }
}

/** A line as CloudWatch Logs tells of it. */
export function logEvent({ timestamp, message, ingestedAt }: PlacedLine) {
  return { timestamp: timestamp.getTime(), message, ingestionTime: ingestedAt ?? timestamp.getTime() };
}

/** The positions between which the lines of a time lie. */
export async function timeRange(
  file: OpenedLog,
  { startTime, endTime }: { readonly startTime?: number; readonly endTime?: number },
): Promise<{ begin: number; end: number }> {
  const begin = startTime === undefined ? 0 : await file.positionOf(startTime);
  const end = endTime === undefined ? await file.size() : await file.positionOf(endTime);
  return { begin, end: Math.max(begin, end) };
}

async function readPage(file: OpenedLog, input: GetLogEventsInput): Promise<LogPage> {
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
