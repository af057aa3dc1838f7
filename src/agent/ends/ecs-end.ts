import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import type { ContainerEnd, EndSource } from './end-source.ts';

/** Milliseconds. A container ends when it does: the job's time is limited by its platform. */
const POLL = { everyMs: 2000, limitMs: Number.POSITIVE_INFINITY };
const REQUEST_MS = 10_000;
/** Answers that may fail one after the other. */
const MOST_FAILURES = 30;

/** What is read of a task. */
interface Task {
  readonly DesiredStatus?: string;
  readonly Containers?: readonly {
    readonly Name?: string;
    readonly KnownStatus?: string;
    readonly ExitCode?: number;
  }[];
}

/**
 * The task's own metadata in ECS, where AWS Batch runs a job's containers.
 *
 * @param uri ECS_CONTAINER_METADATA_URI_V4
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
export function ecsEnd(uri: string, container: string): EndSource {
  const end = (): Promise<ContainerEnd> => untilEnded(uri, container);
  return { end, watch: async () => void (await end()), log: () => undefined };
}

async function untilEnded(uri: string, container: string): Promise<ContainerEnd> {
  let end: ContainerEnd | undefined;
  let failures = 0;
  await pollUntil(async () => {
    try {
      const answer = await fetch(`${uri}/task`, { signal: AbortSignal.timeout(REQUEST_MS) });
      end = endOfTask((await answer.json()) as Task, container);
      failures = 0;
    } catch (cause) {
      if (++failures < MOST_FAILURES) return false;
      throw new SluiceError('PlatformUnavailable', `ECS does not tell how '${container}' ended.`, { cause });
    }
    return end !== undefined;
  }, POLL);
  return end as ContainerEnd;
}

/** How a container of a task has ended, as far as it has. Pure. */
export function endOfTask(
  { Containers: containers = [], DesiredStatus: desired }: Task,
  name: string,
): ContainerEnd | undefined {
  const container = containers.find(({ Name }) => Name === name);
  if (container?.KnownStatus !== 'STOPPED') return undefined;
  const { ExitCode: exitCode } = container;
  return { ...(exitCode !== undefined && { exitCode }), stopped: desired === 'STOPPED' };
}
