import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { WorkflowGraph } from '../graph/index.ts';
import { type Platform, parseJobHandle } from '../platforms/index.ts';
import type { NodeRecord } from '../state/index.ts';

/** A run that is to be taken up. */
export interface CheckHandlesOptions {
  readonly graph: WorkflowGraph;
  readonly recorded: readonly NodeRecord[];
  readonly platforms: Readonly<Record<string, Platform>>;
}

/**
 * Checks that the jobs that an earlier process has left can be found again.
 *
 * @throws SluiceError `InvalidArgument` for one of a platform that is not there, `HomeDamaged`, `HomeVersion`
 */
export function checkHandles({ graph, recorded, platforms }: CheckHandlesOptions): void {
  for (const { phase, position, job } of recorded) {
    if (job === undefined || (phase !== 'Running' && phase !== 'RetryableFailure')) continue;
    const node = `node '${graph.nodes[position]?.id ?? position}'`;
    const { platform, jobName } = parseJobHandle(job, node);
    if (Object.hasOwn(platforms, platform)) continue;
    throw new SluiceError(
      'InvalidArgument',
      `The job '${jobName}' of ${node} runs on the platform '${platform}', which is not there. ${suggest(platform, Object.keys(platforms))}`,
      { hint: 'Carry the run on where it was begun, or configure that platform here.' },
    );
  }
}
