import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { NodeResult, RunEvent } from '../engine/index.ts';
import type { WorkflowGraph } from '../graph/index.ts';
import type { JobHandle, Platform } from '../platforms/index.ts';

/** Follows the logs of the steps that were asked for. */
export interface StepFollower {
  event(event: RunEvent): void;
  /** Resolves once every log has been shown to its end. */
  close(): Promise<void>;
}

/** @throws SluiceError `InvalidArgument` for a step that the workflow does not have */
export function checkSteps({ nodes }: WorkflowGraph, steps: readonly string[]): void {
  const known = nodes.map(({ id }) => id);
  const unknown = steps.find((step) => !known.includes(step));
  if (unknown === undefined) return;
  throw new SluiceError('InvalidArgument', `--follow: the workflow has no step '${unknown}'.`, {
    hint: suggest(unknown, known),
  });
}

/**
 * Shows the log of each step that was asked for as it comes, attempt after attempt.
 *
 * @param onLine takes a line of a step
 */
export function followSteps(
  platform: Platform,
  steps: readonly string[],
  onLine: (step: string, line: string) => void,
): StepFollower {
  const jobs = new Map<string, NonNullable<NodeResult['job']>>();
  const followed = new Map<string, Promise<void>>();
  const follow = async (step: string, handle: JobHandle): Promise<void> => {
    for await (const { message, overwritten } of platform.logs(handle, { follow: true }))
      if (!overwritten) onLine(step, message);
  };
  return {
    event: (event) => {
      if (event.type === 'node' && event.node.job) jobs.set(event.node.id, event.node.job);
      // The job's first status: it exists from then on.
      const job = event.type === 'job' && steps.includes(event.node) ? jobs.get(event.node) : undefined;
      if (event.type !== 'job' || job === undefined || followed.has(job.jobName)) return;
      const { jobName } = job;
      const jobType = job.jobType as JobHandle['jobType'];
      // A log that cannot be read is no matter of the run's.
      const shown = follow(event.node, { platform: platform.name, jobType, jobName }).catch(() => undefined);
      followed.set(jobName, shown);
    },
    close: async () => {
      await Promise.all(followed.values());
    },
  };
}
