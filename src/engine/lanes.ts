import { readTopology, type WorkflowGraph } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';
import { type NodeState, nodeStates } from './node-state.ts';
import { platformOf } from './platform-of.ts';
import type { Routes } from './routes.ts';

/** The lane of nodes that run in this process. No platform has an empty name. */
export const FUNCTIONS = '';

/** Functions of all runs that share their places. */
const MOST_FUNCTIONS = 100;

/** Places of one platform, or of functions, that runs share. */
export interface SharedLane {
  readonly name: string;
  readonly limit: number;
}

/** The lane that a node waits in. */
export function laneOf(state: NodeState): string {
  return state.task.type === 'function' ? FUNCTIONS : platformOf(state);
}

/** How many nodes of all runs that share their places a lane takes. */
export function sharedLimit(lane: string, platforms: Readonly<Record<string, Platform>>): number {
  return platforms[lane]?.capabilities.jobsAtOnce ?? MOST_FUNCTIONS;
}

/** The lanes of the nodes that a run begins with. */
export function firstLanes(
  graph: WorkflowGraph,
  routes: Routes,
  platforms: Readonly<Record<string, Platform>>,
): SharedLane[] {
  const { dependencies } = readTopology(graph.nodes);
  const first = nodeStates(graph, [], routes).filter(({ position }) => dependencies[position]?.length === 0);
  const names = new Set(first.map(laneOf));
  return [...names].map((name) => ({ name, limit: sharedLimit(name, platforms) }));
}
