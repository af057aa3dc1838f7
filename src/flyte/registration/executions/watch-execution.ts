import { setTimeout as sleep } from 'node:timers/promises';
import type { FlyteAdmin } from '../admin/flyte-admin.ts';
import {
  type ExecutionId,
  type ExecutionState,
  getExecution,
  hasEnded,
  listNodes,
  type NodeState,
} from './execution.ts';

/** How an execution is watched. */
export interface WatchOptions {
  /** Between an answer and the next question, milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Takes a node that has begun or changed its phase. */
  readonly onNode: (node: NodeState) => void;
  /** Takes a change of the execution's own phase. */
  readonly onPhase: (state: ExecutionState) => void;
}

/**
 * Watches an execution until it has ended.
 *
 * @throws the signal's reason once it is aborted; SluiceError as {@link FlyteAdmin.ask}
 */
export async function watchExecution(
  admin: FlyteAdmin,
  id: ExecutionId,
  { everyMs, signal, onNode, onPhase }: WatchOptions,
): Promise<ExecutionState> {
  const phases = new Map<string, string>();
  let phase: string | undefined;
  for (;;) {
    // In this order: a node that ends in between is seen once more.
    const state = await getExecution(admin, id);
    for (const node of await listNodes(admin, id)) {
      if (phases.get(node.id) === node.phase) continue;
      phases.set(node.id, node.phase);
      onNode(node);
    }
    if (state.phase !== phase) onPhase(state);
    phase = state.phase;
    if (hasEnded(state)) return state;
    await sleep(everyMs, undefined, { signal });
  }
}
