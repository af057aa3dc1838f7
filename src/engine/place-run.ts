import { firstLanes } from './lanes.ts';
import type { QueuedRun } from './queued-run.ts';
import type { RunStart } from './start-run.ts';

/** A run with a place of its own, or as one that waits: there is room for nothing of it, and nothing of it was begun. */
export function placeRun(start: RunStart): RunStart | QueuedRun {
  const { id, lease, graph, routes, recorded, places, context } = start;
  if (!places || recorded.length > 0) return start;
  const lanes = firstLanes(graph, routes, context.platforms);
  const lane = lanes.find(({ name, limit }) => places.takeNow(name, limit));
  return lane || lanes.length === 0 ? { ...start, reserved: lane?.name } : { id, lease, lanes };
}
