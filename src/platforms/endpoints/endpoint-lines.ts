import { setTimeout as sleep } from 'node:timers/promises';
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { SluiceError } from '../../core/errors.ts';
import type { LogLine, LogOptions } from '../platform.ts';
import type { EndpointClients } from './endpoint-clients.ts';

/** Which lines of an endpoint's log are read. */
export interface EndpointLinesOptions extends LogOptions {
  readonly endpoint: string;
  /** Only those that came at this time or later. */
  readonly since: Date;
  /** Whether nothing more is to come, when it is followed. */
  readonly isOver: () => Promise<boolean>;
}

/** Between two looks for further lines, milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Characters: of the ids of all lines of one millisecond. */
const MAX_CURSOR_LENGTH = 1 << 20;

/** The lines of an endpoint's log, by CloudWatch Logs. A cursor is the time of a line, and the ids of those of that time. */
export async function* endpointLogLines(
  clients: EndpointClients,
  { endpoint, since, isOver, cursor, follow = false, signal }: EndpointLinesOptions,
): AsyncGenerator<LogLine> {
  let reached = cursor === undefined ? undefined : parseCursor(cursor);
  for (;;) {
    const last = !follow || (await isOver());
    const from = reached?.time ?? since.getTime();
    for await (const event of eventsSince(clients, endpoint, from)) {
      if (signal?.aborted) return;
      const { timestamp: time = 0, eventId: id = '', message = '', logStreamName: stream = '' } = event;
      if (reached && (time < reached.time || (time === reached.time && reached.ids.has(id)))) continue;
      reached = { time, ids: new Set([...(reached?.time === time ? reached.ids : []), id]) };
      yield { timestamp: new Date(time), stream, message, cursor: `${time} ${[...reached.ids].join(' ')}` };
    }
    if (last || signal?.aborted) return;
    await sleep(LOOK_EVERY_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** None where there is no log yet. */
async function* eventsSince(
  clients: EndpointClients,
  endpoint: string,
  startTime: number,
): AsyncGenerator<FilteredLogEvent> {
  const { paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await clients.logs();
  const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
  try {
    for await (const page of paginateFilterLogEvents({ client }, { logGroupName, startTime }))
      yield* page.events ?? [];
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
  }
}

/** @throws SluiceError `InvalidArgument` */
function parseCursor(cursor: string): { readonly time: number; readonly ids: ReadonlySet<string> } {
  const [time = '', ...ids] = cursor.slice(0, MAX_CURSOR_LENGTH).split(' ');
  if (/^\d{1,15}$/.test(time) && ids.length > 0) return { time: Number(time), ids: new Set(ids) };
  throw new SluiceError(
    'InvalidArgument',
    `cursor: expected one that a line of this endpoint's log carries, got '${cursor.slice(0, 100)}'.`,
    { hint: 'Leave it out to read the log from the beginning.' },
  );
}
