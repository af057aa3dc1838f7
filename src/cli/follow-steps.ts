import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { RunEvent } from '../engine/index.ts';
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
  platforms: Readonly<Record<string, Platform>>,
  steps: readonly string[],
  onLine: (step: string, line: string) => void,
): StepFollower {
  const followed: Promise<void>[] = [];
  const follow = async (step: string, handle: JobHandle): Promise<void> => {
    const lines = platforms[handle.platform]?.logs(handle, { follow: true }) ?? [];
    for await (const { message, overwritten } of lines) if (!overwritten) onLine(step, message);
  };
  return {
    event: (event) => {
      const begun = begunJob(event);
      if (!begun || !steps.includes(begun.step)) return;
      // A log that cannot be read is no matter of the run's.
      followed.push(follow(begun.step, begun.job).catch(() => undefined));
    },
    close: async () => {
      await Promise.all(followed);
    },
  };
}

/** A job that was submitted, or that a run which was taken up goes on with. */
function begunJob(event: RunEvent): { readonly step: string; readonly job: JobHandle } | undefined {
  if (event.type === 'submitted') return { step: event.node, job: event.job };
  if (event.type !== 'node' || event.node.phase !== 'Running' || !event.node.job) return undefined;
  return { step: event.node.id, job: event.node.job };
}
