import { setTimeout as sleep } from 'node:timers/promises';
import { agentUris, USER_CONTAINER } from '../../contract/agent-places.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ObjectStore } from '../../objects/index.ts';
import type { LogLine, LogOptions } from '../platform.ts';
import { statusOf } from './client/kube-error.ts';
import type { Cluster } from './cluster.ts';
import { containerOf, jobState } from './job-state.ts';
import type { FoundJob, KeptPod } from './kept-objects.ts';
import { LogCursor } from './log-cursor.ts';
import { compareTimes, livePodLines, type PodLine, storedLines } from './pod-log.ts';

/** Where logs are read from. */
export interface LogSources {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** `s3://…/` of the job's attempt. */
  readonly results: string;
  readonly hosts: number;
  /** Undefined once the cluster does not have it any more. */
  readonly find: () => Promise<FoundJob | undefined>;
}

/** How often a follower looks whether there is more to read; it asks what is mirrored. */
const LOOK_MS = 200;

/** The log of a job, host by host, in order of time. Once a pod is gone, what the agent has kept of it. */
export async function* jobLogLines(sources: LogSources, options: LogOptions): AsyncGenerator<LogLine> {
  const cursor = LogCursor.parse(options.cursor, (name) => isHost(name, sources.hosts));
  const hosts = Array.from({ length: sources.hosts }, (_, index) => index);
  if (options.follow)
    return yield* merged(
      hosts.map((index) => followed(sources, cursor, index, options.signal)),
      cursor,
    );
  const all: { readonly host: string; readonly line: PodLine }[] = [];
  for (const index of hosts)
    for await (const line of once(sources, cursor, index, options.signal))
      all.push({ host: nameOf(index), line });
  all.sort((a, b) => compareTimes(a.line.time, b.line.time));
  for (const { host, line } of all) yield logLine(cursor, host, line);
}

/** The last lines of a job's first host that has any. */
export async function logTail(sources: LogSources, count: number): Promise<string[]> {
  for (let index = 0; index < sources.hosts; index++) {
    const lines = await Array.fromAsync(
      once(
        sources,
        LogCursor.parse(undefined, () => true),
        index,
        undefined,
      ),
    );
    if (lines.length > 0) return lines.slice(-count).map(({ message }) => message);
  }
  return [];
}

async function* once(
  { cluster, store, results, find }: LogSources,
  cursor: LogCursor,
  index: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PodLine> {
  const position = cursor.positions.get(nameOf(index));
  const pod = podOf(await find(), index);
  try {
    if (pod && hasBegun(pod)) return yield* live(cluster, pod, false, position, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  yield* storedLines(store, agentUris(results).log(nameOf(index)), position);
}

async function* followed(
  sources: LogSources,
  cursor: LogCursor,
  index: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly host: string; readonly line: PodLine }> {
  const host = nameOf(index);
  for (;;) {
    if (signal?.aborted) return;
    const found = await sources.find();
    const pod = podOf(found, index);
    try {
      if (pod && hasBegun(pod)) {
        for await (const line of live(sources.cluster, pod, true, cursor.positions.get(host), signal))
          yield { host, line };
        if (hasFinished(podOf(await sources.find(), index))) return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!isGone(error) && !(error instanceof SluiceError && error.fault === 'system')) throw error;
    }
    if (!found || isOver(found)) break;
    await sleep(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
  }
  if (signal?.aborted) return;
  const stored = storedLines(sources.store, agentUris(sources.results).log(host), cursor.positions.get(host));
  for await (const line of stored) yield { host, line };
}

function live(
  cluster: Cluster,
  pod: KeptPod,
  follow: boolean,
  position: Parameters<typeof livePodLines>[3],
  signal: AbortSignal | undefined,
): AsyncGenerator<PodLine> {
  const query = { container: USER_CONTAINER, ...(follow && { follow }) };
  return livePodLines(cluster.client, cluster.path('v1', 'pods', pod.name), query, position, signal);
}

/** Lines of several hosts as they come. */
async function* merged(
  sources: readonly AsyncGenerator<{ readonly host: string; readonly line: PodLine }>[],
  cursor: LogCursor,
): AsyncGenerator<LogLine> {
  if (sources.length === 1) {
    for await (const { host, line } of sources[0] as (typeof sources)[number])
      yield logLine(cursor, host, line);
    return;
  }
  const nexts = new Map(sources.map((source) => [source, tagged(source)]));
  try {
    while (nexts.size > 0) {
      const { source, result } = await Promise.race(nexts.values());
      if (result.done) nexts.delete(source);
      else {
        yield logLine(cursor, result.value.host, result.value.line);
        nexts.set(source, tagged(source));
      }
    }
  } finally {
    await Promise.allSettled(sources.map((source) => source.return(undefined)));
  }
}

async function tagged<Item>(
  source: AsyncGenerator<Item>,
): Promise<{ source: AsyncGenerator<Item>; result: IteratorResult<Item> }> {
  return { source, result: await source.next() };
}

function logLine(cursor: LogCursor, host: string, { time, message }: PodLine): LogLine {
  return { timestamp: new Date(time), stream: host, message, cursor: cursor.pass(host, time) };
}

function podOf(found: FoundJob | undefined, index: number): KeptPod | undefined {
  return found?.pods.find((pod) => pod.index === index);
}

function hasBegun(pod: KeptPod): boolean {
  const state = containerOf(pod, USER_CONTAINER)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

function hasFinished(pod: KeptPod | undefined): boolean {
  return pod !== undefined && containerOf(pod, USER_CONTAINER)?.state?.terminated !== undefined;
}

function isOver({ job, pods }: FoundJob): boolean {
  return jobState(job, pods, {}, Date.now()).phase === 'ended';
}

/** The pod, or its container, is not there any more, or not yet. */
function isGone(error: unknown): boolean {
  return [400, 404].includes(statusOf(error));
}

/** `algo-1` and so on. */
function isHost(name: string, hosts: number): boolean {
  const index = Number(/^algo-(\d{1,4})$/.exec(name)?.[1]);
  return index >= 1 && index <= hosts;
}

function nameOf(index: number): string {
  return `algo-${index + 1}`;
}
