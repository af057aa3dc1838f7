import { type Retry, retryAfter } from '../../../engine/index.ts';
import type { Json } from '../../../graph/index.ts';
import type { JobStatus } from '../../../platforms/index.ts';
import type { BilledJob } from '../../../platforms/prices/index.ts';
import type { NodeJob, NodePhase, RunFailure, RunRecord } from '../../../state/index.ts';
import type { TaskPhase } from '../messages.ts';
import type { TaskState } from '../task-type.ts';

/** A node of a run that is under way, as far as it is known here. */
export interface NodeView {
  readonly id: string;
  readonly phase: NodePhase;
  readonly attempt: number;
  readonly job?: NodeJob | undefined;
  readonly error?: RunFailure | undefined;
  /** What its job has last said. */
  readonly status?: JobStatus | undefined;
  /** Where its task is defined: `pipeline.py:12`. */
  readonly file?: string | undefined;
  /** Once it has ended. */
  readonly billed?: BilledJob | undefined;
  /** Why it has left places before. */
  readonly moved?: readonly string[] | undefined;
}

const JOB_PHASES: Readonly<Record<JobStatus['phase'], TaskPhase>> = {
  queued: 'QUEUED',
  initializing: 'INITIALIZING',
  running: 'RUNNING',
  // The run has still to see the end.
  succeeded: 'RUNNING',
  failed: 'RUNNING',
  aborted: 'RUNNING',
};

/**
 * The phase of a task while its run is under way. It never goes back: a job that is begun anew, on another machine or by
 * a replica that has taken up the run (`resumed`), is still RUNNING.
 */
export function phaseUnderWay(nodes: readonly NodeView[], resumed = false): TaskPhase {
  const only = nodes.find(({ phase }) => phase !== 'NotYetStarted');
  if (!only) return 'QUEUED';
  if (resumed || nodes.length > 1 || only.attempt > 1 || only.phase !== 'Running') return 'RUNNING';
  if (only.status) return JOB_PHASES[only.status.phase];
  return only.job ? 'RUNNING' : 'INITIALIZING';
}

type FailedRun = Pick<RunRecord, 'phase' | 'error' | 'nodeCount'>;

/** How a run that has failed is told: whether Flyte's own retries can help decides its phase. */
export function failedState(
  { phase, error: kept, nodeCount }: FailedRun,
  nodes: readonly NodeView[] = [],
): TaskState {
  const file = nodes.find(({ id }) => id === kept?.node)?.file;
  // Which step it was says nothing where there is one.
  const error = kept && nodeCount === 1 ? withoutNode(kept) : kept;
  if (phase === 'Aborted' || !error) {
    // Flyte would put a text of its own in the place of why a task was ABORTED.
    return { phase: 'FAILED', message: error ? failureText(error, file) : 'The run was cancelled.' };
  }
  // Who stops a job by hand does not want it to begin anew.
  const retry = error.code === 'JobStopped' && error.fault === 'user' ? 'never' : retryAfter(error);
  return { phase: PHASE_OF_RETRY[retry], message: failureText(error, file) };
}

function withoutNode(failure: RunFailure): RunFailure {
  return Object.fromEntries(Object.entries(failure).filter(([member]) => member !== 'node')) as never;
}

const PHASE_OF_RETRY: Readonly<Record<Retry, TaskPhase>> = {
  attempt: 'RETRYABLE_FAILED',
  again: 'RETRYABLE_FAILED',
  never: 'FAILED',
};

/** The last lines of a log that Flyte shows. */
const SHOWN_LINES = 10;

/** A failure as people read it in Flyte's console: what, what to do, where its task is defined, and the end of the log. */
export function failureText({ code, message, hint, node, logTail = [] }: RunFailure, file?: string): string {
  const where = node === undefined ? '' : `Step '${node}': `;
  return [
    `${code}: ${where}${message}${hint === undefined ? '' : ` ${hint}`}`,
    ...(file === undefined ? [] : [`  defined at ${file}`]),
    ...logTail.slice(-SHOWN_LINES).map((line) => `  ${line}`),
  ].join('\n');
}

/** Progress for programs. */
export function progressInfo(run: string, nodes: readonly NodeView[]): { readonly [key: string]: Json } {
  const [only] = nodes;
  if (nodes.length === 1 && only) return { run, ...nodeInfo(only) };
  const counts: Record<string, number> = {};
  for (const { phase } of nodes) counts[phase] = (counts[phase] ?? 0) + 1;
  const running = nodes.filter(({ phase }) => phase === 'Running');
  return { run, steps: nodes.length, ...counts, running: running.slice(0, 20).map((node) => node.id) };
}

function nodeInfo({ phase, attempt, job, status, moved, error }: NodeView): Record<string, Json> {
  return {
    step: phase,
    attempt,
    ...(job && { platform: job.platform, job: job.jobName }),
    ...(status && { status: status.status }),
    ...(status?.secondaryStatus !== undefined && { secondaryStatus: status.secondaryStatus }),
    ...(status?.message !== undefined && { message: status.message }),
    ...(status && Object.keys(status.metrics).length > 0 && { metrics: status.metrics }),
    ...(moved && { moved }),
    ...(error && { lastFailure: error.message }),
  };
}
