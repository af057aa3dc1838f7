import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudWatchLogsClient, OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { SluiceError } from '../../core/errors.ts';
import type { JobHandle } from '../job-handle.ts';
import { isTerminal, type JobStatus, type LogLine, type LogOptions } from '../platform.ts';
import type { AwsAccess } from './aws-access.ts';
import { LogsCursor, wrongCursor } from './logs-cursor.ts';

/** A stream of a job's log. */
export interface LogStream {
  readonly group: string;
  readonly name: string;
  /** In cursors: without white space, `@` and `+`. */
  readonly id: string;
  /** What lines show of it: `algo-1`. */
  readonly label: string;
}

/** How logs are read. */
export interface JobLogsOptions {
  readonly aws: AwsAccess;
  /** The streams that a job has by now. */
  readonly streams: (handle: JobHandle) => Promise<readonly LogStream[]>;
  /** Between two looks at a log that is followed, milliseconds. */
  readonly everyMs: number;
  /** How long lines may come after their job has ended, milliseconds. */
  readonly lateMs: number;
}

/** Streams whose last lines are looked at for the reason of a failure. */
const MOST_TAILS = 16;

/** The logs of jobs, in CloudWatch Logs. */
export class JobLogs {
  readonly #options: JobLogsOptions;

  constructor(options: JobLogsOptions) {
    this.#options = options;
  }

  /**
   * The lines of a job's log: of each stream in order, of several by time where they are read together.
   *
   * @param watch tells of the job until it has ended, or the signal is aborted; it is asked for where the log is followed
   * @throws SluiceError `InvalidArgument` for a cursor of another log
   */
  async *read(
    handle: JobHandle,
    options: LogOptions,
    watch: (signal: AbortSignal) => AsyncIterable<JobStatus>,
  ): AsyncGenerator<LogLine> {
    const stopped = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
    try {
      yield* this.#read(handle, options, async () => {
        for await (const status of watch(signal)) if (isTerminal(status)) return;
      });
    } finally {
      stopped.abort();
    }
  }

  async *#read(
    handle: JobHandle,
    { cursor, follow = false, signal }: LogOptions,
    ended: () => Promise<void>,
  ): AsyncGenerator<LogLine> {
    const reached = LogsCursor.parse(cursor);
    await this.#expectStreams(handle, reached, cursor ?? '');
    let until = Number.POSITIVE_INFINITY;
    let failure: unknown;
    if (follow)
      void ended().then(
        () => (until = performance.now() + this.#options.lateMs),
        (error: unknown) => {
          failure = error;
          until = 0;
        },
      );
    for (;;) {
      const isLast = !follow || performance.now() >= until;
      yield* this.#pass(handle, reached, signal);
      if (failure) throw failure;
      if (isLast || signal?.aborted) return;
      await sleep(Math.min(this.#options.everyMs, Math.max(20, until - performance.now())), undefined, {
        ...(signal && { signal }),
      }).catch(() => undefined);
      if (signal?.aborted) return;
    }
  }

  /** The last lines of a job's log. */
  async tail(handle: JobHandle, count: number): Promise<string[]> {
    const streams = (await this.#options.streams(handle)).slice(0, MOST_TAILS);
    const tails = await Promise.all(
      streams.map(async (stream) => (await this.#events(stream, { limit: count })).events),
    );
    const lines = tails.flat().sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
    return lines.slice(-count).map(({ message = '' }) => message);
  }

  /** All that is there now and was not read. */
  async *#pass(handle: JobHandle, reached: LogsCursor, signal?: AbortSignal): AsyncGenerator<LogLine> {
    const streams = await this.#options.streams(handle);
    const readers = streams.map((stream) => this.#unread(stream, reached));
    const heads = await Promise.all(readers.map((reader) => reader.next()));
    for (;;) {
      let first = -1;
      for (const [index, head] of heads.entries()) {
        if (head.done) continue;
        const other = heads[first];
        if (!other || other.done || timeOf(head.value) < timeOf(other.value)) first = index;
      }
      const head = heads[first];
      const stream = streams[first];
      if (!head || head.done || stream === undefined || signal?.aborted) return;
      const time = timeOf(head.value);
      yield {
        timestamp: new Date(time),
        stream: stream.label,
        message: head.value.message ?? '',
        cursor: reached.pass(stream.id, time),
      };
      heads[first] = await (readers[first] as AsyncGenerator<OutputLogEvent>).next();
    }
  }

  async *#unread(stream: LogStream, reached: LogsCursor): AsyncGenerator<OutputLogEvent> {
    const from = reached.positions.get(stream.id);
    let skipped = 0;
    for (let nextToken: string | undefined; ; ) {
      const page = await this.#events(stream, {
        startFromHead: true,
        ...(from && { startTime: from.time }),
        ...(nextToken !== undefined && { nextToken }),
      });
      for (const event of page.events) {
        const isRead = from && timeOf(event) === from.time && skipped < from.count;
        if (isRead) skipped++;
        else yield event;
      }
      if (page.token === undefined || page.token === nextToken) return;
      nextToken = page.token;
    }
  }

  async #events(
    { group, name }: LogStream,
    more: { limit?: number; startFromHead?: boolean; startTime?: number; nextToken?: string },
  ): Promise<{ events: OutputLogEvent[]; token: string | undefined }> {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const { aws } = this.#options;
    const client = await logsClient(aws);
    const command = new GetLogEventsCommand({ logGroupName: group, logStreamName: name, ...more });
    const answer = await unlessMissing(aws.call('GetLogEvents', () => client.send(command)));
    return { events: answer?.events ?? [], token: answer?.nextForwardToken };
  }

  async #expectStreams(handle: JobHandle, { positions }: LogsCursor, cursor: string): Promise<void> {
    if (positions.size === 0) return;
    const streams = new Set((await this.#options.streams(handle)).map(({ id }) => id));
    for (const stream of positions.keys()) if (!streams.has(stream)) throw wrongCursor(cursor);
  }
}

/** Undefined where nothing was logged yet: the group and the streams come with the first line. */
export async function unlessMissing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SluiceError && error.details['awsError'] === 'ResourceNotFoundException')
      return undefined;
    throw error;
  }
}

/** What asks CloudWatch Logs. */
export function logsClient(aws: AwsAccess): Promise<CloudWatchLogsClient> {
  return aws.client(
    'CloudWatchLogs',
    async (config) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config),
  );
}

function timeOf({ timestamp = 0 }: OutputLogEvent): number {
  return timestamp;
}
