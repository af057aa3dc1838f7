import { appendLogEvents, getLogGroup, getLogStream } from '../../state/index.ts';
import type { Operation } from '../operations/operation.ts';
import { keptSince } from './custom-group.ts';
import { findGroup } from './groups.ts';
import type { StreamInput } from './log-streams.ts';
import { invalidParameter, streamNotFound } from './logs-errors.ts';

/** What is asked for. Times: milliseconds since 1970. */
export interface PutLogEventsInput extends StreamInput {
  readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[];
}

const MAX_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const HOUR_MS = 3_600_000;
const MAX_SPAN_MS = 24 * HOUR_MS;
const MAX_AHEAD_MS = 2 * HOUR_MS;
const MAX_AGE_MS = 14 * 24 * HOUR_MS;

/**
 * Sequence tokens are taken and not looked at, as on AWS since 2023. Gaps: events cannot be written to the streams of
 * jobs and endpoints, which are theirs.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export const putLogEvents: Operation<PutLogEventsInput, object> = async (input, context) => {
  const { logGroupName: group, logStreamName: name, logEvents } = input;
  const stream = await getLogStream(context.state, group, name);
  if (!stream) {
    await findGroup({ logGroupName: group }, context);
    throw streamNotFound();
  }
  checkBatch(logEvents);
  const now = context.clock();
  const { retentionInDays } = (await getLogGroup(context.state, group))?.settings ?? {};
  const times = logEvents.map(({ timestamp }) => timestamp);
  const tooOld = countBefore(times, now.getTime() - MAX_AGE_MS);
  const expired = countBefore(times, keptSince(retentionInDays, now));
  const tooNew = countBefore(times, now.getTime() + MAX_AHEAD_MS + 1);
  const kept = logEvents.slice(Math.max(tooOld, expired), tooNew);
  const events = kept.map(({ timestamp, message }) => ({ time: timestamp, message }));
  if (events.length > 0 && !(await appendLogEvents(context.state, stream.id, events, now.getTime()))) {
    throw streamNotFound();
  }
  return {
    nextSequenceToken: String(now.getTime()).padStart(56, '4'),
    ...(kept.length < logEvents.length && {
      rejectedLogEventsInfo: {
        ...(tooNew < logEvents.length && { tooNewLogEventStartIndex: tooNew }),
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > 0 && { expiredLogEventEndIndex: expired }),
      },
    }),
  };
};

/** @throws AwsError `InvalidParameterException` */
function checkBatch(events: PutLogEventsInput['logEvents']): void {
  const bytes = events.reduce(
    (sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES,
    0,
  );
  if (bytes > MAX_BATCH_BYTES) {
    throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  }
  const [first, last] = [events[0], events.at(-1)];
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0))) {
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (first && last && last.timestamp - first.timestamp > MAX_SPAN_MS) {
    throw invalidParameter(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
  }
}

/** How many times, which are in order, come before a limit. */
function countBefore(times: readonly number[], limit: number): number {
  const index = times.findIndex((time) => time >= limit);
  return index === -1 ? times.length : index;
}
