import type { NodeState } from './node-state.ts';
import { goesOn } from './retry.ts';

/** The platform of tasks that name none. */
export const DEFAULT_PLATFORM = 'local';

/** The name of the platform that a node's job runs on, or will. */
export function platformOf(state: NodeState): string {
  const { job, task } = state;
  if (job && goesOn(state)) return job.platform;
  return (task.type === 'function' ? undefined : task.platform) ?? DEFAULT_PLATFORM;
}
