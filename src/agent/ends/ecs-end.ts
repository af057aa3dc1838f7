import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { type AwsLog, readAwsLog } from './aws-log.ts';
import type { ContainerEnd, EndSource } from './end-source.ts';

/** Milliseconds. A container ends when it does: the job's time is limited by its platform. */
const POLL = { everyMs: 1000, limitMs: Number.POSITIVE_INFINITY };
const REQUEST_MS = 10_000;
/** Milliseconds: a large image takes minutes to pull. */
const START_MS = 1_800_000;
const BEGUN: ReadonlySet<string> = new Set(['RUNNING', 'RESOURCES_PROVISIONED', 'STOPPED']);
const NEVER_BEGAN = 'it did not begin: its image cannot be pulled, or did not start';
/** Answers that may fail one after the other. */
const MOST_FAILURES = 60;

/** What is read of a task. */
interface Task {
  readonly DesiredStatus?: string;
  readonly Containers?: readonly TaskContainer[];
}

interface TaskContainer {
  readonly Name?: string;
  readonly KnownStatus?: string;
  readonly ExitCode?: number;
  readonly LogDriver?: string;
  readonly LogOptions?: Readonly<Record<string, string>>;
  readonly Networks?: readonly { readonly IPv4Addresses?: readonly string[] }[];
}

/**
 * The task's own metadata in ECS, where AWS Batch runs a job's containers.
 *
 * @param uri ECS_CONTAINER_METADATA_URI_V4
 * @param options.reads - Whether somebody wants the log, which comes late
 * @param options.startMs - How long the container may take to begin: ECS does not tell of one whose image cannot be pulled
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
export function ecsEnd(uri: string, container: string, { reads = true, startMs = START_MS } = {}): EndSource {
  const end = (): Promise<ContainerEnd> => untilEnded(uri, container, startMs);
  let place: AwsLog | undefined;
  return {
    end,
    watch: async () => {
      await end();
      if (reads) place = logOfTask(await ask<Task>(`${uri}/task`).catch(() => ({})), container);
    },
    log: () => place && readAwsLog(place),
  };
}

/** Where this container's host is reached. @throws SluiceError `PlatformUnavailable` */
export async function ecsAddress(uri: string): Promise<string> {
  let address: string | undefined;
  await pollUntil(
    async () => {
      const own: TaskContainer = await ask<TaskContainer>(uri).catch(() => ({}));
      address = own.Networks?.[0]?.IPv4Addresses?.[0];
      return address !== undefined;
    },
    { everyMs: POLL.everyMs, limitMs: MOST_FAILURES * POLL.everyMs },
  );
  if (address !== undefined) return address;
  throw new SluiceError('PlatformUnavailable', 'ECS does not tell where this host is reached.');
}

async function untilEnded(uri: string, container: string, startMs: number): Promise<ContainerEnd> {
  let end: ContainerEnd | undefined;
  let failures = 0;
  let hasBegun = false;
  const until = performance.now() + startMs;
  await pollUntil(async () => {
    try {
      const task = await ask<Task>(`${uri}/task`);
      end = endOfTask(task, container);
      hasBegun ||= BEGUN.has(stateIn(task, container) ?? '');
      if (!hasBegun && performance.now() > until) end = { stopped: false, reason: NEVER_BEGAN };
      failures = 0;
    } catch (cause) {
      if (++failures < MOST_FAILURES) return false;
      throw new SluiceError('PlatformUnavailable', `ECS does not tell how '${container}' ended.`, { cause });
    }
    return end !== undefined;
  }, POLL);
  return end as ContainerEnd;
}

async function ask<Answer>(url: string): Promise<Answer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
  if (!answer.ok) throw new Error(`ECS answers ${answer.status}.`);
  return (await answer.json()) as Answer;
}

function stateIn({ Containers: containers = [] }: Task, name: string): string | undefined {
  return containers.find(({ Name }) => Name === name)?.KnownStatus;
}

/** How a container of a task has ended, as far as it has. Pure. */
export function endOfTask(
  { Containers: containers = [], DesiredStatus: desired }: Task,
  name: string,
): ContainerEnd | undefined {
  const container = containers.find(({ Name }) => Name === name);
  // What is being ended before it has begun never begins.
  if (!BEGUN.has(container?.KnownStatus ?? '')) return desired === 'STOPPED' ? { stopped: true } : undefined;
  if (container?.KnownStatus !== 'STOPPED') return undefined;
  const { ExitCode: exitCode } = container;
  return { ...(exitCode !== undefined && { exitCode }), stopped: desired === 'STOPPED' };
}

/** Where CloudWatch Logs has what a container of a task has printed. Pure. */
function logOfTask({ Containers: containers = [] }: Task, name: string): AwsLog | undefined {
  const container = containers.find(({ Name }) => Name === name);
  const {
    'awslogs-group': group,
    'awslogs-stream': stream,
    'awslogs-region': region,
  } = container?.LogOptions ?? {};
  const isKnown = container?.LogDriver === 'awslogs' && group !== undefined && stream !== undefined;
  return isKnown ? { group, stream, region } : undefined;
}
