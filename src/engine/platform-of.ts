import type { JobTask } from '../graph/index.ts';
import { AUTO_PLATFORM } from '../platforms/router/index.ts';
import { type NodeState, placeOf } from './node-state.ts';
import { goesOn } from './retry.ts';

/** The platform of tasks that name none, and for which nobody has chosen. */
const DEFAULT_PLATFORM = 'local';

/** The name of the platform that a node's job runs on, or will. */
export function platformOf(state: NodeState): string {
  const { job, task } = state;
  if (job && goesOn(state)) return job.platform;
  return placeOf(state)?.platform ?? (task.type === 'function' ? DEFAULT_PLATFORM : namedPlatform(task));
}

/** The platform that a task names. */
export function namedPlatform({ platform }: Pick<JobTask, 'platform'>): string {
  return platform === undefined || platform === AUTO_PLATFORM ? DEFAULT_PLATFORM : platform;
}
