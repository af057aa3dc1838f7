import type { Lease } from '../state/index.ts';
import { firstLanes, type SharedLane } from './lanes.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunStart } from './start-run.ts';

/** A run of this process that waits for its first place: it is in the state, and next to nothing of it here. */
export interface QueuedRun {
  readonly id: string;
  /** By what it is held. */
  readonly lease: Lease;
  /** Where it waits: a place of any of them is enough. */
  readonly lanes: readonly SharedLane[];
}

/** A run with a place of its own, or as one that waits: there is room for nothing of it, and nothing of it was begun. */
export function placeRun(start: RunStart): RunStart | QueuedRun {
  const { id, lease, graph, routes, recorded, places, context } = start;
  if (!places || recorded.length > 0) return start;
  const lanes = firstLanes(graph, routes, context.platforms);
  const lane = lanes.find(({ name, limit }) => places.takeNow(name, limit));
  return lane || lanes.length === 0 ? { ...start, reserved: lane?.name } : { id, lease, lanes };
}

/** Whether a run waits for its first place. */
export function isQueued(run: RunStart | RunHandle | QueuedRun): run is QueuedRun {
  return 'lanes' in run;
}
