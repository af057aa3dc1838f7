import type { SluiceError } from '../core/errors.ts';
import type { GraphNode, Json, Task, WorkflowGraph } from '../graph/index.ts';
import { type JobHandle, parseJobHandle } from '../platforms/index.ts';
import type { Place } from '../platforms/router/index.ts';
import type {
  NodeChange,
  NodeDetail,
  NodePhase,
  NodeRecord,
  RunFailure,
  SpentAttempt,
} from '../state/index.ts';
import { NO_ROUTES, type Routes } from './routes.ts';
import type { NodeResult } from './run-handle.ts';

/** What one attempt may take. */
export interface Allowance {
  /** So long at most, seconds. @default as long as its task says */
  readonly mostSeconds?: number | undefined;
  /** Why it must not begin. */
  readonly refused?: SluiceError | undefined;
}

/** One node while its run is carried out. */
export interface NodeState {
  readonly position: number;
  readonly node: GraphNode;
  readonly task: Task;
  phase: NodePhase;
  /** From 1; 0 before the first. */
  attempt: number;
  /** Failures that spend the task's retries, since the run was begun or resumed. */
  userFailures: number;
  systemFailures: number;
  /** The attempt was begun before, perhaps by a process that has died. */
  goesOn?: boolean;
  /** Where its job is tried, in this order; absent: where its task says. */
  readonly places?: readonly Place[] | undefined;
  /** The position of the place that it has come to. */
  placeAt: number;
  /** Why it has left the places before. */
  moved: readonly string[];
  /** What its earlier attempts were billed. */
  spent: readonly SpentAttempt[];
  /** What its attempt may take. @default what its task says */
  allowance?: Allowance | undefined;
  /** What submit has answered for its attempt. */
  job?: JobHandle | undefined;
  outputs?: Readonly<Record<string, Json>> | undefined;
  error?: RunFailure | undefined;
  detail?: NodeDetail | undefined;
  startedAt?: number | undefined;
  endedAt?: number | undefined;
}

/** The nodes of a graph as they were recorded; what was not recorded has not started. */
export function nodeStates(
  graph: WorkflowGraph,
  recorded: readonly NodeRecord[],
  routes: Routes = NO_ROUTES,
): NodeState[] {
  const states = graph.nodes.map(
    (node, position): NodeState => ({
      position,
      node,
      task: graph.tasks[node.task] as Task,
      phase: 'NotYetStarted',
      attempt: 0,
      userFailures: 0,
      systemFailures: 0,
      places: routes.get(node.id),
      placeAt: 0,
      moved: [],
      spent: [],
    }),
  );
  for (const record of recorded) {
    const state = states[record.position];
    if (state) takeUp(state, record);
  }
  return states;
}

/** What succeeded is not looked at again, which a long run has much of. */
function takeUp(state: NodeState, record: NodeRecord): void {
  const { job } = record;
  const ended = record.phase === 'Succeeded';
  state.phase = record.phase;
  state.attempt = record.attempt;
  if (ended) state.systemFailures = record.systemFailures;
  if (job) state.job = ended ? (job as JobHandle) : parseJobHandle(job, `node '${state.node.id}'`);
  state.outputs = record.outputs;
  state.error = record.error;
  state.detail = record.detail;
  state.spent = record.detail?.spent ?? [];
  const { mostSeconds } = record.detail ?? {};
  if (mostSeconds !== undefined) state.allowance = { mostSeconds };
  state.startedAt = record.startedAt;
  state.endedAt = record.endedAt;
  takeUpPlace(state, record);
}

/** What has failed everywhere begins again at the first place. */
function takeUpPlace(state: NodeState, { phase, detail }: NodeRecord): void {
  if (!detail?.place || phase === 'Failed' || phase === 'TimedOut') return;
  state.placeAt = Math.min(detail.place, Math.max((state.places?.length ?? 0) - 1, 0));
  state.moved = detail.moved ?? [];
}

/** The place that a node's job runs at, or will; undefined where its task says. */
export function placeOf({ places, placeAt }: NodeState): Place | undefined {
  return places?.[placeAt];
}

/** Whether there is another place for a node's job after the one that it has come to. */
export function hasNextPlace({ places, placeAt }: NodeState): boolean {
  return places !== undefined && placeAt + 1 < places.length;
}

/**
 * Begins an attempt of a node, or goes on with the one that was begun before.
 *
 * @param time milliseconds since 1970
 */
export function beginAttempt(state: NodeState, goesOn: boolean, time: number): void {
  state.goesOn = goesOn;
  if (!goesOn) {
    noteSpent(state);
    state.attempt++;
    state.job = undefined;
  }
  state.error = undefined;
  state.detail = undefined;
  state.endedAt = undefined;
  state.startedAt = time;
}

/** Keeps what the attempt that has ended was billed: another one follows. */
export function noteSpent(state: NodeState): void {
  const { job, detail, placeAt } = state;
  if (!job || detail?.billableSeconds === undefined) return;
  const { billableSeconds, ranSeconds } = detail;
  const { platform } = job;
  const place = detail.place ?? placeAt;
  state.spent = [
    ...state.spent,
    {
      platform,
      billableSeconds,
      ...(place > 0 && { place }),
      ...(ranSeconds !== undefined && { ranSeconds }),
    },
  ];
  state.detail = undefined;
}

/** Goes on to the next place of a node's job, without spending a retry; false where there is none left. */
export function moveOn(state: NodeState, { message }: RunFailure): boolean {
  const place = placeOf(state);
  if (!place || !hasNextPlace(state)) {
    // Tried again, it begins where it is best.
    state.placeAt = 0;
    return false;
  }
  noteSpent(state);
  state.moved = [...state.moved, `${placeName(place, state.places ?? [])}: ${message}`];
  state.placeAt++;
  state.job = undefined;
  return true;
}

/** `sagemaker spot`; with the instance type where that is what the next place differs in. */
function placeName({ platform, spot, instanceType }: Place, places: readonly Place[]): string {
  const isOneOfTypes = places.some(
    (other) => other.platform === platform && other.spot === spot && other.instanceType !== instanceType,
  );
  return [platform, isOneOfTypes ? instanceType : '', spot ? 'spot' : ''].filter(Boolean).join(' ');
}

/** What its job has said, and which place it has come to. */
function detailOf({ detail, placeAt, moved, spent, allowance }: NodeState): NodeDetail | undefined {
  const isElsewhere = placeAt > 0 || moved.length > 0;
  const { mostSeconds } = allowance ?? {};
  if (!isElsewhere && spent.length === 0 && mostSeconds === undefined) return detail;
  return {
    ...detail,
    ...(isElsewhere && { place: placeAt, moved }),
    ...(spent.length > 0 && { spent }),
    ...(mostSeconds !== undefined && { mostSeconds }),
  };
}

/** What to keep of a node. */
export function nodeChange(state: NodeState): NodeChange {
  const { position, node, phase, attempt, systemFailures } = state;
  return { id: node.id, position, phase, attempt, systemFailures, ...knownOf(state) };
}

/** What to tell of a node. */
export function nodeResult(state: NodeState): NodeResult {
  const { node, task, phase, attempt } = state;
  const { startedAt, endedAt, ...known } = knownOf(state);
  return {
    id: node.id,
    task: task.name,
    taskType: task.type,
    phase,
    attempt,
    ...known,
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt) }),
  };
}

type Known = Pick<NodeChange, 'outputs' | 'error' | 'detail' | 'startedAt' | 'endedAt'> & {
  readonly job?: JobHandle;
};

function knownOf(state: NodeState): Known {
  const { job, outputs, error, startedAt, endedAt } = state;
  const detail = detailOf(state);
  return {
    ...(job && { job }),
    ...(outputs && { outputs }),
    ...(error && { error }),
    ...(detail && { detail }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
  };
}
