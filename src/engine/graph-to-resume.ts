import { SluiceError } from '../core/errors.ts';
import { absolutePlaces, graphHash, parseGraph, type WorkflowGraph } from '../graph/index.ts';
import { getRunGraph, type NodeRecord, type RunRecord } from '../state/index.ts';
import type { EngineContext, ResumeRunOptions } from './engine-options.ts';
import {
  describeDifference,
  type GraphDifference,
  graphDifference,
  type TaskChange,
} from './graph-difference.ts';

/** What a run is carried on with. */
export interface GraphToResume {
  readonly graph: WorkflowGraph;
  /** Which code is not the one that the run began with, a sentence each. */
  readonly notes: readonly string[];
}

/** What is known of the run beside. */
interface ResumeFacts extends Pick<ResumeRunOptions, 'graph' | 'useRecordedGraph' | 'useCurrentCode'> {
  readonly recorded: readonly NodeRecord[];
  /** The directory where relative places of `graph` start. */
  readonly base: string | undefined;
}

/**
 * The graph that a run goes on with: the one that was given, where it is the recorded one but for code that does not undo
 * what has succeeded; else the recorded one, where that was asked for.
 *
 * @throws SluiceError `GraphChanged` that names what has changed
 */
export async function graphToResume(
  { state, bundles }: EngineContext,
  run: RunRecord,
  { graph, useRecordedGraph = false, useCurrentCode = false, recorded, base }: ResumeFacts,
): Promise<GraphToResume> {
  if (graph && graphHash(graph) === run.graphHash) return { graph, notes: [] };
  const before = await parseGraph(await getRunGraph(state, run.id), { recorded: true });
  if (!graph || useRecordedGraph) return { graph: before, notes: [] };
  // Version 1 recorded places as absolute ones.
  const difference = await graphDifference(
    absolutePlaces(before, base),
    absolutePlaces(graph, base),
    bundles,
  );
  const succeeded = succeededTasks(before, recorded);
  if (mayGoOn(difference, useCurrentCode ? new Set() : succeeded))
    return { graph, notes: difference.tasks.map((change) => noteOf(change, succeeded)) };
  throw changed(run, difference);
}

/** Whether only code differs, and none of what has succeeded would be made by other code now. */
function mayGoOn({ form, tasks }: GraphDifference, succeeded: ReadonlySet<string>): boolean {
  return (
    form.length === 0 &&
    tasks.every(({ name, isCode, isOwnCode }) => isCode && !(isOwnCode && succeeded.has(name)))
  );
}

function succeededTasks({ nodes }: WorkflowGraph, recorded: readonly NodeRecord[]): Set<string> {
  const done = recorded.filter(({ phase }) => phase === 'Succeeded');
  return new Set(done.map(({ position }) => nodes[position]?.task ?? ''));
}

function noteOf({ name, changes }: TaskChange, succeeded: ReadonlySet<string>): string {
  const what = `task '${name}': ${changes.join(', ')}`;
  return succeeded.has(name)
    ? `${what}; what has succeeded is not repeated.`
    : `${what}; it runs as it is now.`;
}

function changed({ id, workflow }: RunRecord, difference: GraphDifference): SluiceError {
  const onlyCode = difference.form.length === 0 && difference.tasks.every(({ isCode }) => isCode);
  return new SluiceError(
    'GraphChanged',
    `Run '${id}' cannot go on: the workflow '${workflow}' has changed since it began (${describeDifference(difference)}).`,
    {
      hint: onlyCode
        ? 'Carry it on with the code as it was: --recorded; or with the code as it is now, without repeating what has succeeded: --current; or begin a new run.'
        : 'Begin a new run, or carry this one on with the workflow as it was recorded: --recorded.',
    },
  );
}
