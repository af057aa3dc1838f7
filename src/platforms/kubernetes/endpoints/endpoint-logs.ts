import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from '../../platform.ts';
import { statusOf } from '../client/kube-error.ts';
import type { KubePod } from '../client/objects.ts';
import { MARKS } from '../cluster-names.ts';
import { LogCursor } from '../log-cursor.ts';
import { compareTimes, livePodLines, type PodLine } from '../pod-log.ts';
import type { EndpointObjects } from './endpoint-objects.ts';

/** Which lines are read. */
export interface EndpointLogOptions extends LogOptions {
  /** Of the endpoint's objects. */
  readonly name: string;
  /** Whose pods. */
  readonly configuration: string;
  /** Whether nothing more is to come, when it is followed. */
  readonly isOver: () => Promise<boolean>;
}

const LOOK_EVERY_MS = 1000;

/** What the pods of one configuration of an endpoint have printed, in order of time, as far as they are there. */
export async function* endpointLogLines(
  objects: EndpointObjects,
  { name, configuration, isOver, cursor: from, follow = false, signal }: EndpointLogOptions,
): AsyncGenerator<LogLine> {
  const cursor = LogCursor.parse(from, (stream) => stream.startsWith(`${name}-`));
  for (;;) {
    const isLast = !follow || (await isOver());
    const pods = await objects.pods(name);
    const own = pods.filter(({ metadata }) => metadata.labels?.[MARKS.configuration] === configuration);
    const lines = await Promise.all(own.map((pod) => linesOf(objects, pod, cursor, signal)));
    const sorted = lines.flat().sort((a, b) => compareTimes(a.time, b.time));
    for (const { stream, time, message } of sorted)
      yield { timestamp: new Date(time), stream, message, cursor: cursor.pass(stream, time) };
    if (isLast || signal?.aborted) return;
    await sleep(LOOK_EVERY_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}

async function linesOf(
  objects: EndpointObjects,
  pod: KubePod,
  cursor: LogCursor,
  signal: AbortSignal | undefined,
): Promise<(PodLine & { readonly stream: string })[]> {
  const stream = pod.metadata.name;
  const { path, container } = objects.logOf(pod);
  const { client } = objects.cluster;
  try {
    const lines = livePodLines(
      client,
      path,
      { container, limitBytes: LARGEST },
      cursor.positions.get(stream),
      signal,
    );
    return (await Array.fromAsync(lines)).map((line) => ({ ...line, stream }));
  } catch (error) {
    // Gone, or not begun yet.
    if ([400, 404].includes(statusOf(error)) || signal?.aborted) return [];
    throw error;
  }
}

/** Of one reading of a pod: bytes. What is more comes with the next. */
const LARGEST = 8 << 20;
